"""What people see, drawn from what was really sent: run by hand, looked at by people."""
