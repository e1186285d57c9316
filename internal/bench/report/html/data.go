package html

import (
	"strconv"
	"strings"
	"time"

	"gset/internal/bench/report/messages"
)

// Bounds of what a report shows. Each text from a node is cut at textShown, the bodies
// of all messages together at bodiesShown, with a word where something was cut.
const (
	textShown       = 200       // bytes of names, types, values and errors
	wordsShown      = 2_000     // bytes of a line of the verdict, an option or the command
	linesShown      = 200       // lines of the verdict
	bodiesShown     = 5 << 20   // bytes
	faultsShown     = 2_000     // intervals
	elementsShown   = 4_000     // points of stable latency
	troublesShown   = 300       // operations that did not end with ok
	cellsShown      = 60_000    // elements times nodes, in the spread
	missingAtShown  = 20        // names of nodes beside an element
	reasonsShown    = 500       // different reasons why messages were not delivered
	namesShown      = 2_000     // names on the network
	otherName       = "(other)" // those and types past their bound
	cutMark         = "…"
	cutBodyTemplate = " … (cut: %s bytes in all)"
)

// data is what the report's script is given, as JSON. Times are microseconds since the
// run's zero. Tables are in columns, which takes a third of the room that rows take.
type data struct {
	Workload  string        `json:"workload"`
	Verdict   Verdict       `json:"verdict"`
	Length    int64         `json:"length"`
	Zero      int64         `json:"zero"` // which is shown as 0
	Nodes     []string      `json:"nodes"`
	Faults    []faultData   `json:"faults"`
	Marks     []markData    `json:"marks"`
	Messages  *messagesData `json:"messages"`
	Elements  *elementsData `json:"elements"`
	Operation *opsData      `json:"operations"`
	Traffic   *trafficData  `json:"traffic"`
	Load      []loadData    `json:"load"`
	Spread    *spreadData   `json:"spread"`
}

type faultData struct {
	Kind  string   `json:"kind"`
	Words string   `json:"words"`
	Nodes []string `json:"nodes"`
	From  int64    `json:"from"`
	To    int64    `json:"to"`
}

type markData struct {
	At    int64  `json:"at"`
	Words string `json:"words"`
}

// messagesData are the messages drawn, in the order sent.
type messagesData struct {
	Names   []string `json:"names"` // nodes first, in the order shown
	Types   []string `json:"types"`
	Fates   []string `json:"fates"`
	Reasons []string `json:"reasons"`

	ID     []int64  `json:"id"`
	Src    []int    `json:"src"`  // of Names
	Dest   []int    `json:"dest"` // of Names
	Type   []int    `json:"type"` // of Types
	Sent   []int64  `json:"sent"` // each less the one before
	Took   []int64  `json:"took"` // from sent to settled
	Fate   []int    `json:"fate"` // of Fates
	Reason []int    `json:"reason"`
	Size   []int    `json:"size"`
	Body   []string `json:"-"` // apart, see [pageData.encode]

	// How many there were, and are drawn: between servers, with a client, and not delivered.
	Delivered thinned `json:"delivered"`
	Clients   thinned `json:"clients"`
	Dropped   thinned `json:"dropped"`
}

// thinned says how many of how many are shown.
type thinned struct {
	Shown int   `json:"shown"`
	All   int64 `json:"all"`
}

type seriesData struct {
	Width  int64     `json:"width"`
	Names  []string  `json:"names"`
	Counts [][]int64 `json:"counts"`
}

type trafficData struct {
	Sent        seriesData `json:"sent"`
	Undelivered seriesData `json:"undelivered"`
}

type loadData struct {
	Name          string  `json:"name"`
	Sent          []int64 `json:"sent"` // by type, as in trafficData
	SentBytes     int64   `json:"sentBytes"`
	Received      []int64 `json:"received"`
	ReceivedBytes int64   `json:"receivedBytes"`
}

// microseconds of a time on the run's clock.
func micros(d time.Duration) int64 { return d.Microseconds() }

// cut shortens text to at most n bytes and makes it valid UTF-8.
func cut(text string, n int) string {
	if len(text) > n {
		text = text[:n]
		for len(text) > 0 && text[len(text)-1]&0xC0 == 0x80 { // into the middle of a rune
			text = text[:len(text)-1]
		}
		if len(text) > 0 && text[len(text)-1] >= 0xC0 {
			text = text[:len(text)-1]
		}
		text += cutMark
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// cutAll cuts each of at most most texts.
func cutAll(texts []string, n, most int) []string {
	list := make([]string, 0, min(len(texts), most))
	for _, text := range texts[:min(len(texts), most)] {
		list = append(list, cut(text, n))
	}
	return list
}

// newData turns a run into what the script is given.
func newData(r *Run) *data {
	d := &data{
		Workload: cut(r.Workload, textShown),
		Verdict:  r.Verdict,
		Length:   micros(r.length()),
		Zero:     micros(r.Zero),
		Nodes:    cutAll(r.Nodes, textShown, namesShown),
		Faults:   []faultData{},
		Marks:    []markData{},
		Load:     []loadData{},
	}
	for _, f := range r.Faults[:min(len(r.Faults), faultsShown)] {
		d.Faults = append(d.Faults, faultData{cut(f.Kind, textShown), cut(f.Words, wordsShown),
			cutAll(f.Nodes, textShown, missingAtShown), micros(f.From), micros(max(f.From, f.To))})
	}
	for _, m := range r.Marks[:min(len(r.Marks), faultsShown)] {
		d.Marks = append(d.Marks, markData{micros(m.At), cut(m.Words, textShown)})
	}
	if len(r.Elements) > 0 {
		d.Elements = newElementsData(r.Elements)
	}
	if r.Operations != nil {
		d.Operation = newOpsData(r.Operations)
	}
	if c := r.Traffic; c != nil {
		d.Messages = newMessagesData(r.Nodes, c)
		d.Traffic = newTrafficData(c)
		d.Load = newLoadData(c)
		if c.follow != nil {
			d.Spread = newSpreadData(c, r.Elements)
		}
	}
	return d
}

// length is the run's length, or until when there is something to show.
func (r *Run) length() time.Duration {
	length := max(r.Length, time.Millisecond)
	if r.Traffic != nil {
		length = max(length, r.Traffic.lastEnd)
	}
	return length
}

func newTrafficData(c *Collector) *trafficData {
	names := make([]string, len(c.typeNames))
	for i, name := range c.typeNames {
		names[i] = typeName(name)
	}
	return &trafficData{
		Sent:        seriesData{micros(c.sent.width), names, fill(c.sent.counts[:len(names)])},
		Undelivered: seriesData{micros(c.undone.width), []string{"not delivered"}, fill(c.undone.counts)},
	}
}

// fill makes empty lists of nil ones, which JSON writes otherwise.
func fill(counts [][]int64) [][]int64 {
	filled := make([][]int64, len(counts))
	for i, list := range counts {
		filled[i] = append([]int64{}, list...)
	}
	return filled
}

// typeName is how a type is shown.
func typeName(name string) string {
	if name == "" {
		return "(no type)"
	}
	return cut(name, textShown)
}

// newLoadData lists nodes, and services that were used.
func newLoadData(c *Collector) []loadData {
	list := []loadData{}
	for column, name := range c.names {
		l := &c.load[column]
		row := loadData{Name: cut(name, textShown), Sent: []int64{}, Received: []int64{}}
		idle := true
		for kind := range c.typeNames {
			sent, received := l.sent[kind], l.received[kind]
			row.Sent = append(row.Sent, sent.count)
			row.Received = append(row.Received, received.count)
			row.SentBytes += sent.bytes
			row.ReceivedBytes += received.bytes
			idle = idle && sent.count == 0 && received.count == 0
		}
		if idle && column >= c.nodes {
			continue
		}
		list = append(list, row)
	}
	return list
}

// table gives texts indices, at most limit of them.
type table struct {
	index map[string]int
	texts []string
	limit int
}

func newTable(limit int) *table {
	return &table{index: make(map[string]int), limit: limit, texts: []string{}}
}

func (t *table) add(text string) int {
	if i, ok := t.index[text]; ok {
		return i
	}
	if len(t.texts) >= t.limit {
		text = otherName
		if i, ok := t.index[text]; ok {
			return i
		}
	}
	t.index[text] = len(t.texts)
	t.texts = append(t.texts, text)
	return t.index[text]
}

// fateNames are the fates by number.
func fateNames() []string {
	names := make([]string, messages.Fates)
	for i := range names {
		names[i] = messages.Fate(i).String()
	}
	return names
}

func count(n int) string { return strconv.Itoa(n) }
