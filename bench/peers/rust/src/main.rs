// The bench server on socketioxide and axum, with what its documentation recommends for speed: mimalloc, link-time
// optimisation, one unit of code. PORT from the environment; as many threads as there are cores.
use socketioxide::SocketIo;
use socketioxide::extract::{AckSender, Data, SocketRef};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

async fn on_connect(socket: SocketRef) {
    socket.on("bench:join", async |socket: SocketRef, Data::<String>(room), ack: AckSender| {
        socket.join(room);
        ack.send(&()).ok();
    });
    socket.on("bench:publish", async |io: SocketIo, Data::<(String, String)>((room, payload))| {
        io.to(room).emit("bench:event", &payload).await.ok();
    });
    socket.on("bench:echo", async |Data::<String>(payload), ack: AckSender| {
        ack.send(&payload).ok();
    });
}

#[tokio::main]
async fn main() {
    let (layer, io) = SocketIo::new_layer();
    io.ns("/", on_connect);
    let port: u16 = std::env::var("PORT").expect("PORT").parse().expect("a port");
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.expect("to listen");
    axum::serve(listener, axum::Router::new().layer(layer)).await.expect("to serve");
}
