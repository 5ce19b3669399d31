"""What the guides in docs/ say of the program, made from the program itself; `make docs` writes it."""
