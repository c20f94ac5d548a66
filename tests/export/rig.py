"""A Hugging Face hub of one's own, on this machine: enough of its protocol for hf_hub_download; and weights for it."""

import contextlib
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import onnx

from export.bind import BARE_NETWORKS, STATEFUL, WINDOWED, bare_path, wanted_shapes
from export.weights import LICENCE, Weights


def sparse(name, seed=3):
    """Weights that fit a kept graph, zero but for every tensor's first value."""
    rng = np.random.default_rng(seed)
    tensors = {key: np.zeros(shape, np.float16) for key, shape in wanted_shapes(name).items()}
    for tensor in tensors.values():
        tensor.flat[0] = rng.normal()
    return Weights(tensors, BARE_NETWORKS[name], LICENCE)


def slight(folder, tensors=4):
    """Kept graphs that want only their first few tensors, in `folder`: what is made of them takes no time.

    Gives what stands in for `export.bind.bare_path`.
    """
    for name in BARE_NETWORKS:
        for form in (WINDOWED, STATEFUL):
            graph = onnx.load(bare_path(name, form))
            del graph.graph.initializer[tensors:], graph.graph.node[:]
            onnx.save(graph, folder / f"{name}{form}.onnx")
    return lambda name, form=WINDOWED: folder / f"{name}{form}.onnx"


@contextlib.contextmanager
def hub(files, states=lambda content: hashlib.sha256(content).hexdigest()):
    """Serve `files`, path -> bytes, each with the ETag that `states` makes of it.

    Gives the endpoint and the list of requests, which grows.
    """
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.answer(body=False)

        def do_GET(self):
            self.answer(body=True)

        def answer(self, body):
            asked.append(f"{self.command} {self.path}")
            content = files.get(self.path)
            self.send_response(404 if content is None else 200)
            content = content or b""
            self.send_header("ETag", f'"{states(content)}"')
            self.send_header("X-Repo-Commit", "0" * 40)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if body:
                with contextlib.suppress(OSError):  # the client may leave
                    self.wfile.write(content)

        def log_request(self, code="-", size="-"):
            """Not on stderr: `asked` has it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))  # s, to look whether it is over
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
