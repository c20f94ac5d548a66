"""audiofiles"""
