"""The Hordes the worker serves: what each is offered, asked for and brought."""
