"""The room's own tables. The schema is made by `common/migrations/versions/0002_web_room.py`."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
)

metadata = MetaData()
visitors = Table(
    "web_visitors",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("nickname", String(64), nullable=False),
    Column("created", Float, nullable=False),
)
messages = Table(
    "web_messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("room", String(64), nullable=False),
    Column("author", String(32), ForeignKey("web_visitors.id")),
    Column("kind", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("reply_to", Integer, ForeignKey("web_messages.id")),
    Column("token", String(64)),
    Column("part", Integer),
    Column("total", Integer),
    Column("ending", String(16)),
    Column("notes", JSON, nullable=False),
    Column("suggestions", JSON, nullable=False),
    Column("follow_ups", JSON, nullable=False),
    Column("created", Float, nullable=False),
    Column("hidden", Boolean, nullable=False),
    Column("veiled", Boolean, nullable=False, server_default=false()),
    Column("copy", String(16)),
    Column("language", String(16)),
)
pictures = Table(
    "web_pictures",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("message", Integer, ForeignKey("web_messages.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("mime", String(32), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("alt", Text, nullable=False),
    Column("style", String(255), nullable=False),
    Column("model", String(255), nullable=False),
    Column("seed", String(64), nullable=False),
    Column("notes", JSON, nullable=False),
)
