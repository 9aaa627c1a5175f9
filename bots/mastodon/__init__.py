"""The bot on Mastodon and on servers that speak its API, with Mastodon.py in threads."""
