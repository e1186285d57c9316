package frontier

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The drawing, in pixels. Both axes are logarithmic.
const (
	width, height = 900, 520

	left, right = 66, 876 // of the plot
	top, bottom = 74, 466

	minMsgs, maxMsgs = 0.2, 50.0
	minMs, maxMs     = 50.0, 3000.0
)

// style has the colours for light and for dark pages. Ours and others' are told apart by
// people who do not see all colours as well (Okabe and Ito 2008), and by their shapes.
const style = `
svg { --page: #ffffff; --ink: #1f2328; --soft: #59636e; --grid: #e4e8ec; --ours: #0072b2; --other: #b84a00; --bar: #009e73; }
@media (prefers-color-scheme: dark) {
svg { --page: #0d1117; --ink: #e6edf3; --soft: #9da7b1; --grid: #262c34; --ours: #58b4e8; --other: #f0883e; --bar: #3fcf9f; }
}
text { font: 12px system-ui, -apple-system, "Segoe UI", "Liberation Sans", Arial, sans-serif; fill: var(--ink); }
.title { font-size: 17px; font-weight: 600; }
.soft { fill: var(--soft); }
.ours-text { fill: var(--ours); font-weight: 600; }
.bar-text { fill: var(--bar); }
.halo { paint-order: stroke; stroke: var(--page); stroke-width: 3px; stroke-linejoin: round; }
.page { fill: var(--page); }
.grid { stroke: var(--grid); fill: none; }
.region { fill: var(--bar); fill-opacity: 0.09; stroke: var(--bar); stroke-opacity: 0.6; }
.limit { stroke: var(--bar); stroke-dasharray: 6 4; fill: none; }
.band { fill: var(--ours); fill-opacity: 0.13; }
.median { stroke: var(--ours); stroke-width: 2.5; fill: none; }
.max { stroke: var(--ours); stroke-width: 1.2; fill: none; }
.dot { fill: var(--ours); }
.floor { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 1.5 3.5; stroke-linecap: round; fill: none; }
.other { fill: var(--other); }
.whisker { stroke: var(--other); stroke-width: 1.5; fill: none; }
`

// challenges are the bars of fly.io's challenges 3d and 3e.
var challenges = []struct {
	name              string
	msgs, median, max float64
}{{"3d", 30, 400, 600}, {"3e", 20, 1000, 2000}}

// named are the intervals whose points are labelled, and where.
var named = map[time.Duration]struct {
	text string
	at   place
}{
	0:         {"T = 0", place{-9, 14, "end"}},
	100 * ms:  {"100 ms", place{8, -6, "start"}},
	250 * ms:  {"T = 250 ms", place{8, -6, "start"}},
	500 * ms:  {"500 ms", place{8, -5, "start"}},
	1000 * ms: {"1 s", place{10, -2, "start"}},
	2000 * ms: {"T = 2 s", place{10, -2, "start"}},
}

func x(msgs float64) float64 { return scaled(msgs, minMsgs, maxMsgs, left, right) }
func y(ms float64) float64   { return scaled(ms, minMs, maxMs, bottom, top) }

// scaled puts a value on an axis, at its end if it is beyond that.
func scaled(value, least, most, from, to float64) float64 {
	part := math.Log(value/least) / math.Log(most/least)
	return from + (to-from)*min(max(part, 0), 1)
}

// drawing is an SVG that is being written.
type drawing struct {
	bytes.Buffer
	labels []label // for the test that none overlap
}

// label is a text and where its baseline begins, ends or has its middle.
type label struct {
	text, class, align string
	x, y               float64
}

func (d *drawing) put(format string, args ...any) { fmt.Fprintf(&d.Buffer, format+"\n", args...) }

func (d *drawing) text(l label) {
	d.labels = append(d.labels, l)
	d.put(`<text x="%.1f" y="%.1f" text-anchor="%s" class="%s">%s</text>`, l.x, l.y, l.align, l.class, escaped(l.text))
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a strings.Builder takes everything
	return b.String()
}

// line draws a line through points.
func (d *drawing) line(class string, points [][2]float64) {
	d.put(`<path class="%s" d="%s"/>`, class, path(points))
}

func path(points [][2]float64) string {
	var b strings.Builder
	for i, p := range points {
		command := byte('L')
		if i == 0 {
			command = 'M'
		}
		fmt.Fprintf(&b, "%c%.1f %.1f", command, p[0], p[1])
	}
	return b.String()
}

// Draw returns the drawing of points, which are in the order of their intervals, as an SVG.
func Draw(points []Point) []byte { return draw(points).Bytes() }

func draw(points []Point) *drawing {
	d := &drawing{}
	d.put(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="title desc">`,
		width, height, width, height)
	d.put(`<title id="title">Messages against latency: maelstrom-broadcast with T from 0 to 2 s, and published solutions</title>`)
	d.put(`<desc id="desc">%s</desc>`, escaped(describe(points)))
	d.put("<style>%s</style>", style)
	d.put(`<rect class="page" width="%d" height="%d"/>`, width, height)
	d.axes()
	d.bars()
	d.ours(points)
	d.others()
	d.legend()
	d.put("</svg>")
	return d
}

// describe says in words what the drawing shows.
func describe(points []Point) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d nodes, links of %v, %v operations a second. Messages between nodes per client operation; median and greatest stable latency.",
		Nodes, Hop, Rate)
	for _, p := range points {
		if _, ok := named[p.Interval]; ok {
			fmt.Fprintf(&b, " T = %v: %.2f messages (floor %.2f), %.0f ms, %.0f ms.", p.Interval, p.MsgsPerOp, p.Floor, p.Median, p.Max)
		}
	}
	for _, c := range challenges {
		fmt.Fprintf(&b, " Challenge %s asks for less than %v messages, %v ms, %v ms.", c.name, c.msgs, c.median, c.max)
	}
	b.WriteString(" Published solutions:")
	for i, o := range Others {
		if i > 0 {
			b.WriteString(";")
		}
		fmt.Fprintf(&b, " %s %v messages, %v ms, %v ms", o.Name, o.MsgsPerOp, o.Median, o.Max)
	}
	return b.String() + "."
}

func (d *drawing) axes() {
	for _, tick := range []float64{0.2, 0.3, 0.5, 1, 2, 3, 5, 10, 20, 30, 50} {
		d.line("grid", [][2]float64{{x(tick), top}, {x(tick), bottom}})
		d.text(label{strconv.FormatFloat(tick, 'f', -1, 64), "soft", "middle", x(tick), bottom + 18})
	}
	for _, tick := range []float64{50, 100, 200, 400, 600, 1000, 2000, 3000} {
		d.line("grid", [][2]float64{{left, y(tick)}, {right, y(tick)}})
		d.text(label{strconv.FormatFloat(tick, 'f', -1, 64), "soft", "end", left - 8, y(tick) + 4})
	}
	d.text(label{"messages between nodes, per client operation (25 nodes, links of 100 ms, 100 operations a second)", "", "middle", (left + right) / 2, bottom + 40})
	d.put(`<text class="" text-anchor="middle" transform="translate(18 %d) rotate(-90)">latency until everyone has an update, ms</text>`, (top+bottom)/2)
}

// bars draws the challenges' bars: a region for the median and a line for the max.
func (d *drawing) bars() {
	for _, c := range challenges {
		d.put(`<rect class="region" x="%d" y="%.1f" width="%.1f" height="%.1f"/>`, left, y(c.median), x(c.msgs)-left, bottom-y(c.median))
		d.line("limit", [][2]float64{{left, y(c.max)}, {x(c.msgs), y(c.max)}})
		d.text(label{fmt.Sprintf("%s: max < %v ms", c.name, c.max), "bar-text halo", "end", x(c.msgs) - 6, y(c.max) - 5})
		l := label{fmt.Sprintf("%s: median < %v ms", c.name, c.median), "bar-text halo", "end", x(c.msgs) - 6, y(c.median) + 16}
		if c.name == "3d" { // a published result is on the right
			l.align, l.x = "start", left+8
		}
		d.text(l)
	}
}

func (d *drawing) others() {
	for _, o := range Others {
		at := x(o.MsgsPerOp)
		d.whisker(at, y(o.Median), y(o.Max))
	}
	for _, o := range Others {
		d.text(label{o.Name, "halo", o.at.align, x(o.MsgsPerOp) + o.at.dx, y(o.Median) + o.at.dy})
	}
}

// whisker draws somebody's result: a square at the median, a cap at the max.
func (d *drawing) whisker(at, median, most float64) {
	d.line("whisker", [][2]float64{{at, median}, {at, most}})
	d.line("whisker", [][2]float64{{at - 5, most}, {at + 5, most}})
	d.put(`<rect class="other" x="%.1f" y="%.1f" width="9" height="9"/>`, at-4.5, median-4.5)
}

func (d *drawing) ours(points []Point) {
	var medians, most, floor [][2]float64
	for _, p := range points {
		medians = append(medians, [2]float64{x(p.MsgsPerOp), y(p.Median)})
		most = append(most, [2]float64{x(p.MsgsPerOp), y(p.Max)})
		floor = append(floor, [2]float64{x(p.Floor), y(p.Median)})
	}
	back := slices.Clone(most)
	slices.Reverse(back)
	d.line("band", append(slices.Clone(medians), back...))
	d.line("max", most)
	d.line("floor", floor)
	d.line("median", medians)
	for i, p := range points {
		name, ok := named[p.Interval]
		if !ok {
			continue
		}
		d.put(`<circle class="dot" cx="%.1f" cy="%.1f" r="4.5"/>`, medians[i][0], medians[i][1])
		d.text(label{name.text, "ours-text halo", name.at.align, medians[i][0] + name.at.dx, medians[i][1] + name.at.dy})
	}
}

// legend says what the lines are.
func (d *drawing) legend() {
	d.text(label{"Messages against latency: maelstrom-broadcast with T from 0 to 2 s", "title", "start", left, 26})
	const line, gap = 52, 7
	at := float64(left)
	entry := func(class, text string, room float64) {
		d.line(class, [][2]float64{{at, line - 4}, {at + 22, line - 4}})
		d.text(label{text, "", "start", at + 22 + gap, line})
		at += room
	}
	entry("median", "median", 92)
	entry("max", "max", 80)
	entry("floor", "floor m + n-1 at the same T", 212)
	d.put(`<rect class="other" x="%.1f" y="%d" width="9" height="9"/>`, at, line-9)
	d.text(label{"published solutions: median to max", "", "start", at + 16, line})
}
