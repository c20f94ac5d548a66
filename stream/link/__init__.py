"""Between a running engine and screens in processes of their own."""
