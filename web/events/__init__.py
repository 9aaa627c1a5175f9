"""The pages of events: what there is to take part in, the entries, the vote, the result."""
