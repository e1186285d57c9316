package main

import (
	"fmt"
	"image/color"
	"path/filepath"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"gset/internal/scale"
)

// line is one of a chart's.
type line struct {
	name   string
	points plotter.XYs
	goal   bool // what the others are held against: dashed
}

// chart is a plot. All look the same.
type chart struct {
	file, title, x, y string
	ticks             []float64 // of x, which is logarithmic
	direct            bool      // the last tick is not a number
	logY              bool
	lines             []line
}

// colors are told apart by people who do not see all of them as well (Okabe and Ito 2008).
var colors = []color.Color{
	color.RGBA{0, 114, 178, 255}, color.RGBA{213, 94, 0, 255}, color.RGBA{0, 158, 115, 255}, color.RGBA{204, 121, 167, 255},
}

func (c chart) save(dir string) error {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = c.title, c.x, c.y
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, c.marks()
	if c.logY {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	} else {
		p.Y.Min = 0
	}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{230}, color.Gray{230}
	p.Add(grid)
	for i, l := range c.lines {
		drawn, points, err := plotter.NewLinePoints(l.points)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", c.file, l.name, err)
		}
		drawn.Color, drawn.Width = colors[i%len(colors)], vg.Points(1.5)
		points.Color, points.Shape, points.Radius = drawn.Color, draw.CircleGlyph{}, vg.Points(2.5)
		if l.goal {
			drawn.Color, drawn.Dashes = color.Gray{110}, []vg.Length{vg.Points(4), vg.Points(3)}
			p.Add(drawn)
			p.Legend.Add(l.name, drawn)
			continue
		}
		p.Add(drawn, points)
		p.Legend.Add(l.name, drawn, points)
	}
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.TextStyle.Font.Size, p.Legend.Padding = 10, vg.Points(2)
	top := p.Y.Max
	if c.logY {
		p.Y.Max = top * 8 // room for the legend
	} else {
		p.Y.Max = top * (1.1 + 0.09*float64(len(c.lines)))
	}
	return p.Save(15*vg.Centimeter, 9*vg.Centimeter, filepath.Join(dir, c.file))
}

func (c chart) marks() plot.ConstantTicks {
	var marks plot.ConstantTicks
	for i, x := range c.ticks {
		label := scale.Thousands(x)
		if c.direct && i == len(c.ticks)-1 {
			label = "direct"
		}
		marks = append(marks, plot.Tick{Value: x, Label: label})
	}
	return marks
}

// plots writes all plots into a directory.
func plots(dir string, r scale.Results) error {
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"}
	sizes := make([]float64, len(scale.Sizes))
	for i, n := range scale.Sizes {
		sizes[i] = float64(n)
	}
	steady := func(name string, of func(scale.Steady) float64) line {
		l := line{name: name}
		for _, s := range r.Steady {
			l.points = append(l.points, plotter.XY{X: float64(s.Nodes), Y: of(s)})
		}
		return l
	}
	goal := func(l line) line { l.goal = true; return l }
	bySize := func(file, title, y string, logY bool, lines ...line) chart {
		return chart{file: file, title: title, x: "members", y: y, ticks: sizes, logY: logY, lines: lines}
	}
	hops := func(of func(scale.Steady) time.Duration) func(scale.Steady) float64 {
		return func(s scale.Steady) float64 { return float64(of(s)) / float64(scale.Hop) }
	}
	heal := line{name: "from the heal until everyone has everything"}
	for _, h := range r.Heal {
		heal.points = append(heal.points, plotter.XY{X: float64(h.Nodes), Y: millis(h.Took)})
	}
	charts := []chart{
		bySize("messages.svg", "Messages in steady load", "messages a round / (m + n-1)", false,
			steady("measured", func(s scale.Steady) float64 { return s.Ratio }),
			goal(steady("goal", func(scale.Steady) float64 { return scale.RatioGoal }))),
		bySize("latency.svg", "Latency of an update, until everyone has it", "hops of 50 ms", false,
			steady("median", hops(func(s scale.Steady) time.Duration { return s.Median })),
			steady("p99", hops(func(s scale.Steady) time.Duration { return s.P99 })),
			steady("greatest", hops(func(s scale.Steady) time.Duration { return s.Max })),
			goal(steady("goal for the median", hops(func(s scale.Steady) time.Duration { return s.Goal() })))),
		bySize("hub.svg", "Load of the hub", "messages a second", true,
			steady("sent by the hub", func(s scale.Steady) float64 { return s.HubSent }),
			steady("received by the hub", func(s scale.Steady) float64 { return s.HubReceived }),
			steady("sent by all", func(s scale.Steady) float64 { return s.Sent })),
		bySize("bytes.svg", "Bytes in steady load", "bytes a second", true,
			steady("sent by the hub", func(s scale.Steady) float64 { return s.HubBytes }),
			steady("received by the hub", func(s scale.Steady) float64 { return s.HubIn }),
			steady("received by a member, on average", func(s scale.Steady) float64 { return s.MemberIn })),
		bySize("heal.svg", "Recovery from a partition into halves", "ms", false, heal),
		bySize("speed.svg", "Speed of the simulation, on the machine that wrote this", "deliveries a second", false,
			steady("under steady load", func(s scale.Steady) float64 { return s.Deliveries })),
		fanouts(r),
		failing(r),
	}
	for _, c := range charts {
		if err := c.save(dir); err != nil {
			return err
		}
	}
	return nil
}

// fanouts shows the latency by fanout.
func fanouts(r scale.Results) chart {
	const most = 600 * time.Millisecond // of what is shown: one is far above all others
	c := chart{
		file: "fanout.svg", title: "Fanout and latency, where that is below 600 ms", x: "fanout", y: "median latency in ms",
		ticks: []float64{8, 16, 32, 64, 128, 256, 512}, direct: true,
	}
	for w, n := range scale.Wide {
		for _, of := range []struct {
			what    string
			figures []scale.Steady
		}{{"", r.Fanouts}, {", 20 us to send a message", r.Slow}} {
			l := line{name: fmt.Sprintf("%s members%s", scale.Thousands(float64(n)), of.what)}
			for i, x := range c.ticks {
				if median := of.figures[w*len(scale.Fanouts)+i].Median; median <= most {
					l.points = append(l.points, plotter.XY{X: x, Y: millis(median)})
				}
			}
			c.lines = append(c.lines, l)
		}
	}
	return c
}

// failing shows how many updates are slow by fanout.
func failing(r scale.Results) chart {
	c := chart{
		file: "failure.svg", title: "One member in a hundred fails for good", x: "fanout",
		y: "% of updates that take above 1 s",
	}
	for _, fanout := range scale.Failing {
		c.ticks = append(c.ticks, float64(fanout))
	}
	for w, n := range scale.Wide {
		l := line{name: fmt.Sprintf("%s members, the mean", scale.Thousands(float64(n)))}
		for i, x := range c.ticks {
			l.points = append(l.points, plotter.XY{X: x, Y: r.Percent[w*len(scale.Failing)+i].Slow * 100})
		}
		c.lines = append(c.lines, l)
	}
	return c
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
