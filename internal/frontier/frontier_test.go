package frontier

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

// committed returns the table of docs.
func committed(t *testing.T) ([]byte, []Point) {
	t.Helper()
	table, err := os.ReadFile("../../docs/frontier.csv")
	if err != nil {
		t.Fatal(err)
	}
	points, err := ReadTable(bytes.NewReader(table))
	if err != nil {
		t.Fatal(err)
	}
	return table, points
}

func TestTheDrawingInDocsIsThatOfTheTableInDocs(t *testing.T) {
	_, points := committed(t)
	drawn, err := os.ReadFile("../../docs/frontier.svg")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(drawn, Draw(points)) {
		t.Error("docs/frontier.svg is not what docs/frontier.csv gives: run make frontier")
	}
	for decoder := xml.NewDecoder(bytes.NewReader(drawn)); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("docs/frontier.svg is not XML: %v", err)
		}
	}
}

// The cheapest row of the table is measured again, with all of its seeds.
func TestARowOfTheTableInDocsIsMeasuredAgainTheSame(t *testing.T) {
	table, points := committed(t)
	if len(points) != len(Intervals) {
		t.Fatalf("%d points, want %d", len(points), len(Intervals))
	}
	last := Intervals[len(Intervals)-1:]
	again, err := Sweep(last, Seeds, func(Point) {})
	if err != nil {
		t.Fatal(err)
	}
	var row bytes.Buffer
	if err := WriteTable(&row, again); err != nil {
		t.Fatal(err)
	}
	_, want, _ := strings.Cut(row.String(), "\n")
	if !strings.HasSuffix(string(table), want) {
		t.Errorf("T=%v is measured as\n%s\nwhich docs/frontier.csv does not end with: run make frontier", last[0], want)
	}
}

func TestATableIsReadAsItWasWritten(t *testing.T) {
	table, points := committed(t)
	var again bytes.Buffer
	if err := WriteTable(&again, points); err != nil || !bytes.Equal(again.Bytes(), table) {
		t.Errorf("%v:\n%s", err, again.String())
	}
}

func TestATableThatCannotBeDrawnIsRefused(t *testing.T) {
	head := strings.Join(columns, ",") + "\n"
	for text, want := range map[string]string{
		"":                      "head",
		"a,b,c,d,e\n":           "columns",
		head:                    "row 1",
		head + "0,1,1\n":        "row 1",
		head + "-1,1,1,1,1\n":   "row 1",
		head + "0,1,NaN,1,1\n":  "floor is NaN",
		head + "0,1,1,0,1\n":    "median_ms is 0",
		head + "0,1,1,1,+Inf\n": "max_ms is +Inf",
		head + "0,x,1,1,1\n":    "row 1",
		head + "0,1,1,1,\"1\n":  "row 1",
		head + strings.Repeat("0,1,1,1,1\n", maxRows+1): "more than",
	} {
		if _, err := ReadTable(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: error %v, want one with %q", text, err, want)
		}
	}
}

// FuzzTable: whatever is read can be drawn.
func FuzzTable(f *testing.F) {
	f.Add(strings.Join(columns, ",") + "\n0,12.1,11.8,88.4,103.9\n250,1.7,1.3,291.6,418.1\n")
	f.Add(strings.Join(columns, ",") + "\n5,1e-300,1,1e8,0.1\n")
	f.Fuzz(func(t *testing.T, text string) {
		if points, err := ReadTable(strings.NewReader(text)); err == nil && bytes.Contains(Draw(points), []byte("NaN")) {
			t.Error("a place in the drawing is no number")
		}
	})
}

// box is what a label or a mark covers, in pixels.
type box struct {
	what                     string
	left, right, top, bottom float64
}

func (b box) overlaps(o box) bool {
	return b.left < o.right && o.left < b.right && b.top < o.bottom && o.top < b.bottom
}

// boxOf supposes a wide font.
func boxOf(l label) box {
	wide, high := 6.9*float64(len(l.text)), 9.0
	if l.class == "title" {
		wide, high = 10.5*float64(len(l.text)), 13
	}
	b := box{l.text, l.x, l.x + wide, l.y - high, l.y + 3}
	switch l.align {
	case "end":
		b.left, b.right = l.x-wide, l.x
	case "middle":
		b.left, b.right = l.x-wide/2, l.x+wide/2
	}
	return b
}

func TestNoLabelCoversAnotherOrAResult(t *testing.T) {
	_, points := committed(t)
	var boxes []box
	for _, l := range draw(points).labels {
		boxes = append(boxes, boxOf(l))
	}
	labels := len(boxes)
	if labels < len(Others)+len(named) {
		t.Fatalf("%d labels", labels)
	}
	for _, o := range Others {
		at := x(o.MsgsPerOp)
		boxes = append(boxes, box{"the result " + o.Name, at - 5, at + 5, y(o.Max), y(o.Median) + 5})
	}
	for i, a := range boxes[:labels] {
		if a.left < 0 || a.right > width || a.top < 0 || a.bottom > height {
			t.Errorf("%q leaves the drawing: %v", a.what, a)
		}
		if j := slices.IndexFunc(boxes[i+1:], a.overlaps); j >= 0 {
			t.Errorf("%q covers %q", a.what, boxes[i+1+j].what)
		}
	}
}
