package html_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"gset/internal/bench/report/html"
	"gset/internal/bench/report/html/htmltest"
	"gset/internal/bench/report/messages"
)

// written returns the report of a run.
func written(t testing.TB, r *html.Run) string {
	t.Helper()
	var b bytes.Buffer
	if err := html.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// dataTag is where each piece of the page's data begins.
var dataTag = regexp.MustCompile(`<script type="application/json" data-part="(\w+)">`)

// dataOf returns the page's data, and fails if the page's elements are not those of the
// template: if something has broken out of where it was put.
func dataOf(t testing.TB, page string) map[string]any {
	t.Helper()
	lower := strings.ToLower(page)
	parts := make(map[string]string)
	tags := dataTag.FindAllStringSubmatchIndex(page, -1)
	for _, tag := range tags {
		piece, _, _ := strings.Cut(page[tag[1]:], "</script>")
		if !utf8.ValidString(piece) {
			t.Fatal("the page's data was divided in the middle of a letter")
		}
		parts[page[tag[2]:tag[3]]] += piece
	}
	scripts := len(tags) + 1
	if n := strings.Count(lower, "<script"); n != scripts {
		t.Fatalf("the page has %d script elements, not %d", n, scripts)
	}
	if n := strings.Count(lower, "</script"); n != scripts {
		t.Fatalf("the page has %d ends of script elements, not %d", n, scripts)
	}
	var data map[string]any
	var bodies, ways []any
	for name, into := range map[string]any{"first": &data, "bodies": &bodies, "ways": &ways} {
		if strings.ContainsAny(parts[name], "<>&\u2028\u2029") {
			t.Fatalf("the page's data is not escaped: %s", name)
		}
		text := []byte(parts[name])
		if name != "first" && len(text) > 0 {
			text = unpacked(t, parts[name])
		}
		if err := json.Unmarshal(text, into); err != nil && (name == "first" || len(text) > 0) {
			t.Fatalf("the page's data is no JSON: %s: %v", name, err)
		}
	}
	data["bodies"], data["ways"] = bodies, ways
	return data
}

// unpacked returns the JSON of a part that is compressed.
func unpacked(t testing.TB, part string) []byte {
	t.Helper()
	zip, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(strings.ReplaceAll(part, `"`, ""))))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestReportOfABroadcastFitsAPage(t *testing.T) {
	page := written(t, htmltest.Broadcast().Run())
	data := dataOf(t, page)
	for _, part := range []string{"messages", "elements", "operations", "traffic", "load", "spread", "bodies", "ways"} {
		if data[part] == nil {
			t.Errorf("the data has no %s", part)
		}
	}
	const most = 8 << 20
	if len(page) > most {
		t.Errorf("the page has %d bytes, more than %d", len(page), most)
	}
	t.Logf("%d bytes", len(page))
}

func TestReportOfNothingIsAPage(t *testing.T) {
	dataOf(t, written(t, &html.Run{}))
	dataOf(t, written(t, &html.Run{Nodes: []string{"n1"}, Traffic: html.NewCollector([]string{"n1"}, true)}))
}

// hostile are texts that would break out of an element, an attribute or a string, or that
// are no text at all.
var hostile = []string{
	"</script><script>alert(1)</script>", "<!--<script>", "]]>", "\u2028\u2029", "\x00\xff\xfe", `"onload="alert(1)`, "'`${alert(1)}",
	"</style><img src=x onerror=alert(1)>", "</title></head>", "\\u003c/script", strings.Repeat("<", 5000),
}

func TestNothingANodePrintsBreaksOutOfThePage(t *testing.T) {
	for _, text := range hostile {
		page := written(t, hostileRun(text, []byte(text)))
		dataOf(t, page)
		head := page[:dataTag.FindStringIndex(page)[0]]
		if strings.Contains(head, "<img") || strings.Contains(head, "<script>") || strings.Count(head, "</title>") != 1 {
			t.Errorf("%.40q broke out of the page's text", text)
		}
	}
}

// hostileRun has the same text wherever there is room for one.
func hostileRun(text string, body []byte) *html.Run {
	c := html.NewCollector([]string{"n1", text}, true)
	for i, fate := range []messages.Fate{messages.Delivered, messages.Cut} {
		c.Add(&messages.Message{ID: int64(i), Src: "c1", Dest: text, Type: text, Why: text, Fate: fate, Size: math.MaxInt, Body: body})
		c.Add(&messages.Message{ID: int64(i) + 2, Src: text, Dest: "n1", Type: text, Why: text, Fate: fate, Size: len(body), Body: body})
	}
	op := html.Operation{F: text, Value: text, Node: text, Error: text, Outcome: html.Fail}
	return &html.Run{Workload: text, Title: text, Command: text, Verdict: html.Verdict(text), Words: []string{text},
		Figures: []html.Labeled{{Name: text, Text: text}}, Options: []html.Labeled{{Name: text, Text: text}},
		Nodes: []string{"n1", text}, Faults: []html.Fault{{Kind: text, Words: text, Nodes: []string{text}}},
		Marks: []html.Mark{{Words: text}}, Operations: slices.Values([]html.Operation{op}),
		Elements: []html.Element{{Value: 7, MissingAt: []string{text}}}, Traffic: c}
}

// FuzzWrite holds the writer to its promise: whatever a run holds, the page is whole.
func FuzzWrite(f *testing.F) {
	for _, text := range hostile {
		f.Add(text, []byte(text), int64(1), int64(2), uint8(1))
	}
	f.Add("n1", []byte(`{"type":"gossip","values":[7,{"8":9}]}`), int64(-1)<<63, int64(1)<<62, uint8(200))
	f.Fuzz(func(t *testing.T, text string, body []byte, sent, settled int64, fate uint8) {
		r := hostileRun(text, body)
		r.Length, r.Seed = time.Duration(sent), settled
		r.Faults[0].From, r.Faults[0].To = time.Duration(sent), time.Duration(settled)
		r.Elements[0].Known, r.Elements[0].Latency, r.Elements[0].Fate = time.Duration(sent), time.Duration(settled), html.ElementFate(fate)
		r.Traffic.Add(&messages.Message{ID: sent, Src: "n1", Dest: text, Sent: time.Duration(sent), Settled: time.Duration(settled),
			Fate: messages.Fate(fate), Size: int(settled), Body: body})
		dataOf(t, written(t, r))
	})
}

func TestLongTextsAreCutWithAWord(t *testing.T) {
	c := html.NewCollector([]string{"n1", "n2"}, false)
	long := []byte(`{"type":"x","text":"` + strings.Repeat("é", 100_000) + `"}`)
	c.Add(&messages.Message{Src: "n1", Dest: "n2", Type: strings.Repeat("t", 10_000), Size: len(long), Body: long})
	page := written(t, &html.Run{Nodes: []string{"n1", "n2"}, Traffic: c})
	body := dataOf(t, page)["bodies"].([]any)[0].(string)
	if want := fmt.Sprintf("(cut: %d bytes in all)", len(long)); !strings.HasSuffix(body, want) || len(body) > 1000 {
		t.Errorf("a body of %d bytes was shown as %d, ending with %.60q", len(long), len(body), body[max(0, len(body)-60):])
	}
	if strings.Contains(body, "\uFFFD") {
		t.Error("a body was cut in the middle of a letter")
	}
}

// A flood is 3 million messages: 100 nodes at 1,000 operations a second for a minute,
// each broadcast over a tree. It is played to a collector message by message.
func TestAFloodTakesBoundedMemoryAndPage(t *testing.T) {
	const nodes, count, bound = 100, 3_000_000, 100 << 20
	names := make([]string, nodes)
	for i := range names {
		names[i] = fmt.Sprint("n", i)
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c := html.NewCollector(names, true)
	rng := rand.New(rand.NewPCG(1, 1))
	body := make([]byte, 0, 200)
	for i := range count {
		src, dest := names[rng.IntN(nodes)], names[rng.IntN(nodes)]
		typ, fate := "gossip", messages.Delivered
		if i%100 == 0 {
			src, typ = "c1", "broadcast"
		}
		if i%50 == 7 {
			fate = messages.Cut
		}
		body = fmt.Appendf(body[:0], `{"type":%q,"message":%d,"more":[%d,%d],"text":"%0100d"}`, typ, i/100, i/200, i/300, i)
		at := time.Duration(i) * 20 * time.Microsecond
		c.Add(&messages.Message{ID: int64(i), Src: src, Dest: dest, Type: typ, Sent: at, Settled: at + 100*time.Millisecond, Fate: fate, Size: len(body), Body: body})
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > bound {
		t.Errorf("a collector of %d messages holds %d MB", count, grown>>20)
	} else {
		t.Logf("a collector of %d messages holds %d MB", count, grown>>20)
	}
	var size counter
	if err := html.Write(&size, &html.Run{Nodes: names, Length: time.Minute, Traffic: c, Elements: manyElements(30_000)}); err != nil {
		t.Fatal(err)
	}
	if t.Logf("a page of %d kB", size>>10); size > 15<<20 {
		t.Errorf("a page of %d bytes", size)
	}
}

func manyElements(n int) []html.Element {
	list := make([]html.Element, n)
	for i := range list {
		list[i] = html.Element{Value: int64(i), Known: time.Duration(i) * time.Millisecond, Latency: time.Duration(i%977) * time.Millisecond}
	}
	return list
}

type counter int64

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }

var _ io.Writer = new(counter)
