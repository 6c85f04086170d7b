package msrp

// Handler is what an application does with a session. Its methods are called
// without locks from the connection's reader, its writer or the timer wheel,
// or, if a call of the application's own causes them, within that call; calls
// of different kinds may overlap. They must not block.
type Handler interface {
	// Bound reports that the session has its connection: passive, by the first
	// request of the peer; active, by the answer to ours.
	Bound()
	// Message hands over a complete message. The handler calls Accept or Refuse
	// on it, at once or later and from any goroutine: the response to its last
	// chunk waits for that.
	Message(in *Incoming)
	// Sent tells the outcome of the message sent with ref: nil when all its
	// chunks were answered well, an *Error with the status of the answer, 408 if
	// none came in time, or ErrAborted. With Failure-Report partial it is nil about a
	// second after the peer's system has acknowledged the chunks, or at once when
	// they were handed to ours if that cannot tell (only Linux does, and only of TCP
	// sockets); an error may still follow. With Failure-Report no it is never called.
	// A message without outcome when the session ends is unconfirmed.
	Sent(ref uint64, err error)
	// Ended is called once when the session ends other than by Close. err says
	// why.
	Ended(err error)
}

// Inspector is a Handler that looks at messages before they are complete. An
// error, usually an *Error, refuses the message: its status goes into the
// response of the chunk at hand, and the rest of the message is dropped.
type Inspector interface {
	// Begin is called when the head of the first chunk of a message is there,
	// before its type and size are looked at.
	Begin(in *Incoming) error
	// Inspect is called whenever in.Body has grown, until it returns done.
	Inspect(in *Incoming) (done bool, err error)
}

// Nicknamer is a Handler that serves NICKNAME requests (RFC 7701 §7). Without
// it they are answered 501.
type Nicknamer interface {
	// Nickname handles a request; it calls Respond on r, at once or later.
	Nickname(r *NicknameRequest)
}

// Reporter is a Handler that wants the REPORTs of the peer.
type Reporter interface {
	Report(r Report)
}

// FlowHandler is a Handler that wants to know how full the output is.
type FlowHandler interface {
	// Congested is called with true when the output has reached the soft limit
	// and with false when it has fallen under half of it. Calls may come late and
	// out of order; Session.Congested knows. [SW-FLOW-01]
	Congested(on bool)
}

// Doorkeeper is a Handler that has a say in who binds its session.
type Doorkeeper interface {
	// Admits reports whether the session may be bound on a WebSocket whose client has
	// proved to be one of users. Other connections are not asked about.
	Admits(users []string) bool
}
