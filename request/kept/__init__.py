"""What is kept of requests and people: tables, rows, and the one module that changes them."""
