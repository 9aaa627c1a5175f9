"""What people see of the worker: lines, a live panel, and pages."""
