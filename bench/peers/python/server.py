"""The bench server on python-socketio and uvicorn, with what their documentation recommends for speed: uvloop and httptools, no
compression, no access log. PORT from the environment; one process, for several need Redis between them."""

import os

import socketio
import uvicorn

sio = socketio.AsyncServer(async_mode="asgi", http_compression=False)


@sio.on("bench:join")
async def join(sid, room):
    await sio.enter_room(sid, room)


@sio.on("bench:publish")
async def publish(_, room, payload):
    await sio.emit("bench:event", payload, room=room)


@sio.on("bench:echo")
async def echo(_, payload):
    return payload


uvicorn.run(
    socketio.ASGIApp(sio),
    host="127.0.0.1",
    port=int(os.environ["PORT"]),
    loop="uvloop",
    http="httptools",
    ws="websockets-sansio",
    ws_per_message_deflate=False,
    backlog=4096,
    log_level="warning",
)
