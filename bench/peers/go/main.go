// The bench server on github.com/zishang520/socket.io. PORT from the environment; as many threads as there are cores.
package main

import (
	"log"
	"net/http"
	"os"

	"github.com/zishang520/socket.io/servers/socket/v3"
)

func main() {
	options := socket.DefaultServerOptions()
	options.SetServeClient(false)
	io := socket.NewServer(nil, options)
	io.On("connection", func(clients ...any) {
		client := clients[0].(*socket.Socket)
		client.On("bench:join", func(args ...any) {
			client.Join(socket.Room(args[0].(string)))
			args[1].(socket.Ack)(nil, nil)
		})
		client.On("bench:publish", func(args ...any) {
			io.To(socket.Room(args[0].(string))).Emit("bench:event", args[1])
		})
		client.On("bench:echo", func(args ...any) {
			args[1].(socket.Ack)(args[:1], nil)
		})
	})
	http.Handle("/socket.io/", io.ServeHandler(options))
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
