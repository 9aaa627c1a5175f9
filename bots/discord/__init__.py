"""Discord: slash commands, buttons, menus and mentions, on discord.py.

`adapter` is the entrance with the four verbs of `request/adapter.py`. `client` hears Discord and
`hearing` turns what it heard into an Incoming; `commands`, `menus`, `buttons` and `dialogs` say
what there is to press. `answering` answers, along the `route` that travels with each event, with
the messages that `layout` makes. `settings` is what moderators see. `import discord` is always the
library: nothing is run from inside `bots/`.
"""
