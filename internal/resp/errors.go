package resp

// ProtocolError says how a request breaks the protocol, in Redis' words. The client is to be
// told by [Writer.Error] with the code ERR, and the connection to be closed: what follows in
// the stream cannot be read.
type ProtocolError string

func (e ProtocolError) Error() string { return "Protocol error: " + string(e) }

const (
	errCount        = ProtocolError("invalid multibulk length")
	errCountUnauth  = ProtocolError("unauthenticated multibulk length")
	errCountLine    = ProtocolError("too big mbulk count string")
	errLength       = ProtocolError("invalid bulk length")
	errLengthUnauth = ProtocolError("unauthenticated bulk length")
	errLengthLine   = ProtocolError("too big bulk count string")
	errInline       = ProtocolError("too big inline request")
	errQuotes       = ProtocolError("unbalanced quotes in request")
	errCommand      = ProtocolError("too big multibulk request") // Redis closes without a word
	errExpected     = ProtocolError("expected '$', got '")       // and the byte it got, and '
)
