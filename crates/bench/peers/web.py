"""A careful service on FastAPI and asyncpg with two calls of the sessions API, on the table of the service: a batch that creates sessions,
and one session by its GUID. Items are checked one by one, stored by one prepared statement, and answered in full. It leaves out what the
service does besides: changes, idempotency, limits, metrics, the log of changes.

usage: web.py PROCESSES   The first line of the input is the URL of the database. Prints its port, and ends with its input.
"""

import contextlib
import ctypes
import datetime
import functools
import hashlib
import hmac
import os
import re
import signal
import socket
import sys
import time
import uuid
import zoneinfo

import asyncpg
import fastapi
import orjson
import pydantic
import uvicorn

ACCOUNT, PRINCIPAL = 1329, 4490
BEARER = "Bearer demo-access|0a026ae54d3dbe248f0afe3efe1148a0112c282d7e705f5caecd5505125c1ad3"
CONNECTIONS = 4
MOST_ITEMS = 1_000
PAST = datetime.timedelta(minutes=5)
UTC = datetime.timezone.utc
START = r"^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.\d{1,9})?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?$"

INSERT = """
    INSERT INTO sessions (account_id, guid, name, name_key, description, description_key, tags, tags_key, start_at, start_civil, timezone,
        duration_minutes, lang, status, replay_status, options, allow_recording, inaccessible_replay, created_by, updated_by, created_at,
        updated_at)
    SELECT $1::bigint, u.guid, u.name, u.name_key, u.description, u.description_key, u.tags, u.tags_key, u.start_at, u.start_civil,
        u.timezone, u.duration, u.lang, 1, 0, u.options, true, false, $2::bigint, $2::bigint, $3::timestamptz, $3::timestamptz
    FROM unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::timestamptz[],
        $12::timestamp[], $13::text[], $14::smallint[], $15::text[], $16::jsonb[]) AS u (guid, name, name_key, description,
        description_key, tags, tags_key, start_at, start_civil, timezone, duration, lang, options)"""
SELECT = """
    SELECT guid, name, description, tags, start_civil, timezone, duration_minutes, lang, status, replay_status, options, created_at,
        updated_at
    FROM sessions WHERE account_id = $1 AND guid = $2 AND status >= 0"""

OPTIONS = {
    "allow_rating": True,
    "preparation_time": 15,
    "session_duration": 0,
    "chat": {
        "offMessageModule": False,
        "offGeneralMsging": False,
        "offGeneralMsgLimitForUser": False,
        "offSpecialMsging": False,
        "offSpecialMsgToAdmin": False,
        "offSpecialMsgToUser": False,
        "offNewMsgSound": False,
        "offClearForReplay": False,
        "onNewMsgSoundInAll": False,
        "onNewMsgNotifyInAll": False,
    },
    "duration": {"allowExtendTime": True, "useRemainingTime": False},
    "allow_users_stream_self_cam_mic": True,
    "hide_user_streams": False,
    "enable_attendance_check": True,
    "enable_simultaneous_interpretation": False,
    "enable_simultaneous_interpretation_for_users": False,
    "start_active": False,
    "return_url": "",
    "allow_reactions": True,
    "enable_recording_auto_start": None,
    "skip_approval_on_join": None,
    "enable_session_auto_start": None,
    "enable_session_auto_finish": None,
}


class Item(pydantic.BaseModel):
    """A session to create."""

    name: str = pydantic.Field(min_length=1, max_length=200, pattern=r"\S")
    description: str | None = pydantic.Field(None, max_length=10_000)
    tags: str | None = pydantic.Field(None, max_length=2_000)
    start_date: str = pydantic.Field(pattern=START)
    timezone: str = "Europe/Istanbul"
    duration: int = pydantic.Field(ge=5, le=360, strict=True)
    lang: str = pydantic.Field("en-US", max_length=20)
    options: dict = {}


@functools.lru_cache(1_000)
def zone_of(name):
    return zoneinfo.ZoneInfo(name)


def face_of(text):
    """The clock face of a written time, without its offset."""
    date, time_of_day = re.match(START, text).groups()
    return datetime.datetime.fromisoformat(f"{date}T{time_of_day or '00:00'}")


def new_guid():
    """GUIDs that grow with time (version 7)."""
    bits = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    return uuid.UUID(int=bits & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62)


def key_of(text):
    return None if text is None else text.lower().replace("ı", "i")


def tags_key_of(text):
    return None if text is None else "," + ",".join(tag.strip() for tag in key_of(text).split(",")) + ","


def view(guid, name, description, tags, face, timezone, duration, lang, status, replay_status, options, created_at, updated_at):
    zone = zone_of(timezone)
    return {
        "session_guid": str(guid).upper(),
        "name": name,
        "description": description,
        "tags": tags,
        "start_date": face.replace(tzinfo=zone).isoformat(),
        "timezone": timezone,
        "duration": duration,
        "lang": lang,
        "status": status,
        "replay_status": replay_status,
        "options": {**OPTIONS, **options, "session_duration": duration},
        "creation_date": created_at.astimezone(zone).isoformat(),
        "updating_date": updated_at.astimezone(zone).isoformat(),
    }


def answer(content, status=200):
    return fastapi.Response(orjson.dumps(content), status, media_type="application/json")


def digest(text):
    return hashlib.sha256(text.encode()).digest()


def application(url):
    """The app of one process."""

    @contextlib.asynccontextmanager
    async def lifespan(app):
        async with asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS) as pool:
            app.state.pool = pool
            yield

    app = fastapi.FastAPI(lifespan=lifespan, openapi_url=None)
    expected = digest(BEARER)

    def authorized(request: fastapi.Request):
        if not hmac.compare_digest(digest(request.headers.get("authorization", "")), expected):
            raise fastapi.HTTPException(401)

    @app.post("/xapi/v2/session/batch", dependencies=[fastapi.Depends(authorized)])
    async def batch(request: fastapi.Request):
        try:
            items = orjson.loads(await request.body())
        except orjson.JSONDecodeError:
            return answer({"code": 19, "details": "not JSON"}, 400)
        if not isinstance(items, list) or len(items) > MOST_ITEMS:
            return answer({"code": 19, "details": "not a list, or too long"}, 400)
        now, sessions, rejected = datetime.datetime.now(UTC), [], []
        for item in items:
            try:
                read = Item.model_validate(item)
                face = face_of(read.start_date)
                start = face.replace(tzinfo=zone_of(read.timezone))
                if start < now - PAST:
                    raise ValueError("Invalid session start date.")
            except (ValueError, zoneinfo.ZoneInfoNotFoundError) as failure:
                rejected.append({"model": item, "state": {"code": 12, "details": [str(failure)]}})
                continue
            sessions.append((new_guid(), read, face, start))
        if sessions:
            reads = [read for _, read, _, _ in sessions]
            await request.app.state.pool.execute(
                INSERT,
                ACCOUNT,
                PRINCIPAL,
                now,
                [guid for guid, _, _, _ in sessions],
                [read.name for read in reads],
                [key_of(read.name) for read in reads],
                [read.description for read in reads],
                [key_of(read.description) for read in reads],
                [read.tags for read in reads],
                [tags_key_of(read.tags) for read in reads],
                [start for _, _, _, start in sessions],
                [face for _, _, face, _ in sessions],
                [read.timezone for read in reads],
                [read.duration for read in reads],
                [read.lang for read in reads],
                [orjson.dumps(read.options).decode() for read in reads],
            )
        approved = [
            view(guid, read.name, read.description, read.tags, face, read.timezone, read.duration, read.lang, 1, 0, read.options, now, now)
            for guid, read, face, _ in sessions
        ]
        return answer({"approved": approved, "rejected": rejected}, 200 if not rejected else 207 if approved else 400)

    @app.get("/xapi/v2/session/{guid}", dependencies=[fastapi.Depends(authorized)])
    async def get(guid: str, request: fastapi.Request):
        try:
            row = await request.app.state.pool.fetchrow(SELECT, ACCOUNT, uuid.UUID(guid))
        except ValueError:
            row = None
        if row is None:
            return answer({"code": 30, "details": "session_not_found"}, 404)
        values = list(row)
        # The driver gives JSON as its text.
        values[10] = orjson.loads(values[10])
        return answer(view(*values))

    return app


def child(listener, url):
    # A child ends with its parent, however that ends.
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    settings = uvicorn.Config(application(url), loop="uvloop", http="httptools", log_level="warning", access_log=False)
    uvicorn.Server(settings).run(sockets=[listener])


def main():
    url = sys.stdin.readline().strip()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1_024)
    children = []
    for _ in range(int(sys.argv[1])):
        pid = os.fork()
        if pid == 0:
            child(listener, url)
            os._exit(0)
        children.append(pid)
    # Connections wait in the queue of the listener until a child takes them.
    print(listener.getsockname()[1], flush=True)
    sys.stdin.read()
    for pid in children:
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
