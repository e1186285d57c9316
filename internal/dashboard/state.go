package dashboard

import "context"

// Source is what a dashboard shows. Its methods are called from several goroutines.
type Source interface {
	// State returns what is to be shown now. It is called once a second while somebody watches, and must
	// return soon after ctx has ended.
	State(ctx context.Context) (State, error)

	// Flow returns what has been sent, heard and written since the last call. It does not wait. It
	// is called ten times a second while somebody watches; when somebody begins to watch its first
	// result is dropped.
	Flow() Flow

	// Find searches the collections. It does a bounded amount of work, and says where to go on.
	Find(ctx context.Context, q Query) (Found, error)
}

// Update is an event of the stream. It has one of the fields.
type Update struct {
	State *State `json:"state,omitempty"`
	Flow  *Flow  `json:"flow,omitempty"`
	Error string `json:"error,omitempty"` // why there is no State
}

// State is what the page shows. Times are milliseconds since 1970; lists are bounded by who fills
// them.
type State struct {
	At          int64        `json:"at"`
	Node        Node         `json:"node"`
	Members     []Member     `json:"members"` // the others, by name
	More        int          `json:"more"`    // further members that Members has no room for
	Latency     []Latency    `json:"latency"`
	Traffic     []Traffic    `json:"traffic"` // by kind, since the start
	Collections Collections  `json:"collections"`
	Repairs     []Repair     `json:"repairs"` // the latest first
	Views       []ViewChange `json:"views"`   // the latest first
	Events      []Event      `json:"events"`  // the latest first
}

// fill gives the state empty lists where it has none: the script knows no null.
func (s *State) fill() {
	s.Members, s.Latency, s.Traffic = orEmpty(s.Members), orEmpty(s.Latency), orEmpty(s.Traffic)
	s.Repairs, s.Views, s.Events = orEmpty(s.Repairs), orEmpty(s.Views), orEmpty(s.Events)
	s.Node.Rates, s.Collections.Shown = orEmpty(s.Node.Rates), withGrowth(s.Collections.Shown)
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// withGrowth returns collections, and an empty list where one has no Growth.
func withGrowth(list []Collection) []Collection {
	all := append([]Collection{}, list...)
	for i := range all {
		all[i].Growth = orEmpty(all[i].Growth)
	}
	return all
}

// Node is the node whose page it is.
type Node struct {
	Name        Name    `json:"name"`
	Cluster     Name    `json:"cluster"`
	Version     string  `json:"version"`
	Address     string  `json:"address"` // for members; "" if it is alone
	Serves      string  `json:"serves"`  // the address for clients
	Incarnation string  `json:"incarnation"`
	Uptime      float64 `json:"uptime"` // seconds
	Ready       bool    `json:"ready"`
	Why         string  `json:"why"` // it is not ready

	Clients    int       `json:"clients"`
	MaxClients int       `json:"maxClients"`
	Commands   float64   `json:"commands"` // a second
	Rates      []float64 `json:"rates"`    // commands a second in each of the last seconds, the latest last
	Processed  uint64    `json:"processed"`
	Updates    uint64    `json:"updates"` // elements and sums that clients have added

	Memory      int64  `json:"memory"`      // bytes of the state and of buffers
	MemoryLimit int64  `json:"memoryLimit"` // 0 is none
	Resident    int64  `json:"resident"`    // bytes of the process; 0 if not known
	Durable     string `json:"durable"`     // when an update is on disk: always, everysec, no
	Log         int64  `json:"log"`         // bytes on disk
	Snapshot    int64  `json:"snapshot"`    // bytes on disk

	View      string  `json:"view"` // "" if it is alone
	Hub       Name    `json:"hub"`
	Pending   int     `json:"pending"`   // updates that have not been told to every member
	RoundTrip float64 `json:"roundTrip"` // milliseconds, smoothed, as the engine measures it; 0 if it has not
}

// Member is another member as this node knows it.
type Member struct {
	Name      Name    `json:"name"`
	Address   string  `json:"address"`
	Up        bool    `json:"up"`
	Since     float64 `json:"since"`     // seconds that it has been up or down
	Life      string  `json:"life"`      // of its process, random; "" before it had a link to this node
	Equal     bool    `json:"equal"`     // it has proved to hold all that is stable here now
	Behind    float64 `json:"behind"`    // seconds that something is stable here that it has not proved to hold; 0 if Equal
	Connected bool    `json:"connected"` // this node has a link to it
	Waiting   int     `json:"waiting"`   // bytes that wait to be sent to it
	Sent      uint64  `json:"sent"`      // bytes
	Dropped   uint64  `json:"dropped"`   // frames for which there was no room
	Problem   string  `json:"problem"`   // of the last try to connect
}

// Latency is how long updates of one member took until another one was proved to hold them, in
// milliseconds. P50 and P99 are bounds, of buckets of powers of two microseconds.
type Latency struct {
	From   Name    `json:"from"`
	To     Name    `json:"to"`
	P50    float64 `json:"p50"`
	P99    float64 `json:"p99"`
	Last   float64 `json:"last"`
	Count  uint64  `json:"count"`  // updates that were timed
	Missed uint64  `json:"missed"` // updates that To was not proved to hold when the next one was timed
}

// Traffic is what this node has sent and heard of one kind of message.
type Traffic struct {
	Kind       string `json:"kind"`
	Sent       uint64 `json:"sent"`
	SentBytes  uint64 `json:"sentBytes"`
	Heard      uint64 `json:"heard"`
	HeardBytes uint64 `json:"heardBytes"`
}

// Collections is the collections, the largest of which are shown.
type Collections struct {
	Count    int          `json:"count"`
	Elements int          `json:"elements"` // of all sets
	Every    float64      `json:"every"`    // seconds between two sizes of a Growth
	Scanned  float64      `json:"scanned"`  // the part that a first look at all collections has covered, 0 to 1
	Shown    []Collection `json:"shown"`    // the largest first
}

// Collection is a set or a counter.
type Collection struct {
	Name   Name    `json:"name"`
	Kind   string  `json:"kind"`   // set or counter
	Size   int     `json:"size"`   // elements of a set; origins that count of a counter
	Value  string  `json:"value"`  // of a counter
	Rate   float64 `json:"rate"`   // its growth in a minute
	Growth []int64 `json:"growth"` // earlier sizes, or values of a counter: the oldest, then differences
}

// Repair is an exchange by which this node and a member became equal, or are about to.
type Repair struct {
	Peer     Name    `json:"peer"`
	Began    int64   `json:"began"`
	Took     float64 `json:"took"` // seconds until its last message
	Messages int     `json:"messages"`
	Sent     int64   `json:"sent"`  // bytes
	Heard    int64   `json:"heard"` // bytes
	End      string  `json:"end"`   // "" while it goes on; equal, if the peer has proved to be; left; else quiet
}

// ViewChange is a turn of this node to another view or hub.
type ViewChange struct {
	At   int64  `json:"at"`
	View string `json:"view"`
	Hub  Name   `json:"hub"`
}

// Event is a line of the log.
type Event struct {
	At    int64  `json:"at"`
	Level string `json:"level"` // good, info, warn
	Text  string `json:"text"`
	Peer  Name   `json:"peer,omitempty"`
	Count int    `json:"count"` // of the same in a row, the last of which was At
}

// Flow is what this node has sent, heard and written in a short time.
type Flow struct {
	Messages []Message `json:"messages"`         // in their order
	Missed   int       `json:"missed,omitempty"` // further messages that there was no room for
}

// Message is a message, or several of one kind between the same two. One of the two is this node.
type Message struct {
	Kind  string `json:"kind"`           // gather, scatter, answer, probe, diff, cells; write, for updates made here
	From  Name   `json:"from"`           // who sent it, or wrote
	To    Name   `json:"to,omitempty"`   // empty for a write
	Root  Name   `json:"root,omitempty"` // of a scatter that From has passed on: the hub that began it
	Count int    `json:"count"`
	Parts int    `json:"parts"` // elements and sums that they carried
	Bytes int    `json:"bytes"`
	At    int64  `json:"at"` // of the first

	Beacons int `json:"beacons,omitempty"` // those of the parts by which members measure how long updates take
}

// Query is a search for collections.
type Query struct {
	Name   string // is part of the names that are wanted, in any case
	Cursor string // where to go on; "" to begin
}

// Found is what a search has found.
type Found struct {
	Collections []Collection `json:"collections"`
	Looked      int          `json:"looked"` // names that were looked at
	Cursor      string       `json:"cursor"` // where to go on; "" if that was all
}
