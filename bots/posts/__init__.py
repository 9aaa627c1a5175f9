"""What several platforms' posts are made of: markup, sheets, links, how often one may post."""
