package html

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

var (
	//go:embed report.js
	script string
	//go:embed report.css
	style string
	//go:embed report.html.tmpl
	pageText string

	page = template.Must(template.New("report").Parse(pageText))
)

// pageData is what the template shows without the script: who reads the page with
// scripts switched off has the verdict, the figures and the options.
type pageData struct {
	Title    string
	Workload string
	Tested   string
	Verdict  Verdict
	Headline string
	Words    []string
	More     int // lines of the verdict past those shown
	Figures  []Labeled
	Options  []Labeled
	Command  string
	Facts    []string
	Policy   string

	Style  template.CSS
	Script template.JS
	// The script's data, in pieces, see divide. The page shows itself before it has read more
	// than the first of these; the others are compressed.
	Data, Bodies, Ways []template.JS
}

// Write writes a report as one HTML page that needs no other file and asks nothing of
// the network. It takes time linear in what the run holds, and the page is at most some
// 15 MB. Write does not change r; r.Operations is iterated over once.
func Write(w io.Writer, r *Run) error {
	p := newPage(r)
	if err := p.encode(newData(r)); err != nil {
		return fmt.Errorf("cannot write the report: %w", err)
	}
	out := bufio.NewWriterSize(w, 1<<16)
	if err := page.Execute(out, p); err != nil {
		return fmt.Errorf("cannot write the report: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("cannot write the report: %w", err)
	}
	return nil
}

// encode writes what the script is given as JSON that cannot end a script element: encoding/json
// escapes <, >, &, U+2028 and U+2029, and replaces what is no UTF-8. What is large and not needed
// at first, messages' bodies and elements' ways, is apart and compressed: a browser spends more
// time on reading the page than on all the script does.
func (p *pageData) encode(d *data) error {
	text, err := json.Marshal(d)
	if err != nil {
		return err
	}
	p.Data = divide(text)
	if d.Messages != nil {
		if p.Bodies, err = compressed(d.Messages.Body); err != nil {
			return err
		}
	}
	if d.Spread != nil {
		p.Ways, err = compressed(d.Spread.Elements)
	}
	return err
}

// compressed returns a value's JSON as gzip in base64, in pieces that are strings of JSON.
func compressed(value any) ([]template.JS, error) {
	var b bytes.Buffer
	encoder := base64.NewEncoder(base64.StdEncoding, &b)
	zip, err := gzip.NewWriterLevel(encoder, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(json.NewEncoder(zip).Encode(value), zip.Close(), encoder.Close()); err != nil {
		return nil, err
	}
	pieces := divide(b.Bytes())
	for i, piece := range pieces {
		pieces[i] = `"` + piece + `"`
	}
	return pieces, nil
}

// pieceLimit is the length of a piece of data. Browsers read one long text several times as
// slowly as the same text in pieces.
const pieceLimit = 60_000

// divide divides text into texts that have to be put together again to be read.
func divide(encoded []byte) []template.JS {
	var list []template.JS
	for len(encoded) > 0 {
		n := min(len(encoded), pieceLimit)
		for n < len(encoded) && !utf8.RuneStart(encoded[n]) {
			n--
		}
		list = append(list, template.JS(encoded[:n]))
		encoded = encoded[n:]
	}
	return list
}

func newPage(r *Run) *pageData {
	return &pageData{
		Title:    cut(strings.TrimSpace(r.Workload+" "+r.Title), textShown),
		Workload: cut(r.Workload, textShown),
		Tested:   cut(r.Title, textShown),
		Verdict:  r.Verdict,
		Headline: headline(r),
		Words:    cutAll(r.Words, wordsShown, linesShown),
		More:     max(0, len(r.Words)-linesShown),
		Figures:  cutLabeled(r.Figures),
		Options:  cutLabeled(r.Options),
		Command:  cut(r.Command, wordsShown),
		Facts:    facts(r),
		Policy:   policy,
		Style:    template.CSS(style),
		Script:   template.JS(script),
	}
}

func headline(r *Run) string {
	switch {
	case r.Verdict == Valid && r.Objected:
		return "Valid, with objections"
	case r.Verdict == Valid:
		return "Valid"
	case r.Verdict == Invalid:
		return "Invalid"
	case r.Verdict == Failed:
		return "Failed"
	case r.Verdict == Interrupted:
		return "Interrupted"
	}
	return "Unknown"
}

// facts say in a few words what was run.
func facts(r *Run) []string {
	length := fmt.Sprintf("%.0f s", r.Length.Seconds())
	if r.Load > 0 {
		length = fmt.Sprintf("%v of load, %s in all", r.Load, length)
	}
	list := []string{plural(len(r.Nodes), "node"), length, fmt.Sprintf("seed %d", r.Seed)}
	if !r.Began.IsZero() {
		list = append(list, r.Began.Format(time.DateTime+" -0700"))
	}
	return list
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return count(n) + " " + noun + "s"
}

func cutLabeled(all []Labeled) []Labeled {
	list := make([]Labeled, 0, min(len(all), linesShown))
	for _, l := range all[:min(len(all), linesShown)] {
		list = append(list, Labeled{cut(l.Name, textShown), cut(l.Text, wordsShown)})
	}
	return list
}

// policy is the page's Content-Security-Policy: the browser runs no script but the
// report's own, and lets the page ask for nothing. What a node printed can therefore
// neither run nor phone home, even where the report failed to escape it.
var policy = fmt.Sprintf("default-src 'none'; script-src '%s'; style-src '%s'; img-src data:; base-uri 'none'; form-action 'none'",
	sourceHash(script), sourceHash(style))

// sourceHash is how a policy names a script or style by its content.
func sourceHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
