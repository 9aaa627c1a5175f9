"""The life of one request, from what was heard to the posted answer: `service.py` is the flow."""
