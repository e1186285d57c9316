package operate

import (
	"context"
	"runtime"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gset/internal/gsetd"
	"gset/internal/histogram"
)

// collector makes metrics of a Snapshot. It describes none beforehand: which there are depends on
// commands and members.
type collector struct {
	config   Config
	refused  *refusals
	families map[string]*prometheus.Desc
}

func newCollector(config Config, refused *refusals) *collector {
	c := &collector{config: config, refused: refused, families: map[string]*prometheus.Desc{}}
	for _, f := range families {
		c.families[f.name] = prometheus.NewDesc("gset_"+f.name, f.help, f.labels, nil)
	}
	return c
}

// Describe describes nothing.
func (c *collector) Describe(chan<- *prometheus.Desc) {}

// Collect sends the metrics as they are now. If the loop does not answer, gset_answering is 0, and there
// are no others.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	e := emitter{c.families, to}
	e.gauge("build_info", 1, c.config.Version, runtime.Version())
	if c.config.Certificates != nil {
		for _, certificate := range c.config.Certificates() {
			e.gauge("certificate_expires_seconds", certificate.left().Seconds(), certificate.Use)
		}
	}
	c.operators(e)
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	s, err := c.config.Snapshot(ctx)
	e.truth("answering", err == nil)
	if err != nil {
		return
	}
	e.server(&s)
	e.commands(&s)
	e.connections(&s)
	e.memory(&s)
	e.disk(&s)
	e.backups(&s)
	e.member(&s)
}

// operators sends what was refused to those who asked for metrics and the like.
func (c *collector) operators(e emitter) {
	for reason, n := range c.refused.list() {
		e.count("http_refused_total", n, reason)
	}
	if c.config.Access == nil || c.config.Access.Handshakes == nil {
		return
	}
	stats := c.config.Access.Handshakes()
	e.count("http_refused_total", stats.Refused, "too many handshakes")
	for reason, n := range stats.Failed {
		e.count("http_refused_total", n, "tls: "+reason)
	}
}

// emitter sends metrics.
type emitter struct {
	families map[string]*prometheus.Desc
	to       chan<- prometheus.Metric
}

func (e emitter) emit(name string, kind prometheus.ValueType, value float64, labels []string) {
	e.to <- must(prometheus.NewConstMetric(e.families[name], kind, value, valid(labels)...))
}

// must returns a metric. An error is a mistake of this package, which tests find.
func must(m prometheus.Metric, err error) prometheus.Metric {
	if err != nil {
		return prometheus.NewInvalidMetric(prometheus.NewInvalidDesc(err), err)
	}
	return m
}

// valid returns labels in valid UTF-8: names of members are bytes.
func valid(labels []string) []string {
	all := make([]string, len(labels))
	for i, l := range labels {
		all[i] = strings.ToValidUTF8(l, "\uFFFD")
	}
	return all
}

func (e emitter) gauge(name string, value float64, labels ...string) {
	e.emit(name, prometheus.GaugeValue, value, labels)
}

func (e emitter) truth(name string, value bool, labels ...string) {
	e.gauge(name, zeroOrOne(value), labels...)
}

func zeroOrOne(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (e emitter) count(name string, value uint64, labels ...string) {
	e.emit(name, prometheus.CounterValue, float64(value), labels)
}

// durations sends a histogram with the bounds from one of the buckets on, each step-th one.
func (e emitter) durations(name string, h *histogram.Histogram, from, step int, labels ...string) {
	bounds := map[float64]uint64{}
	sum := uint64(0)
	for i, n := range h.Bucket[:histogram.Buckets-1] {
		if sum += n; i >= from && (i-from)%step == 0 {
			bounds[histogram.Bound(i).Seconds()] = sum
		}
	}
	e.to <- must(prometheus.NewConstHistogram(e.families[name], h.Count, h.Sum.Seconds(), bounds, valid(labels)...))
}

func (e emitter) server(s *gsetd.Snapshot) {
	e.gauge("uptime_seconds", s.Up.Seconds())
	e.truth("ready", len(Unready(*s)) == 0)
	e.truth("loading", s.Loading)
	e.truth("joined", s.Status.Joined)
	e.gauge("collections", float64(s.Names))
	e.count("updates_total", s.Updates)
	e.count("loop_turns_total", s.Loop.Turns)
	e.emit("loop_busy_seconds_total", prometheus.CounterValue, s.Loop.Busy.Seconds(), nil)
	e.gauge("loop_longest_turn_seconds", s.Loop.Longest.Seconds())
}

func (e emitter) commands(s *gsetd.Snapshot) {
	for i := range s.Commands {
		c := &s.Commands[i]
		e.count("commands_total", c.OK, c.Name, "ok")
		e.count("commands_total", c.Failed, c.Name, "failed")
		e.count("commands_total", c.Rejected, c.Name, "rejected")
		h := histogram.Histogram{Count: c.OK + c.Failed, Sum: c.Took}
		copy(h.Bucket[:], c.Below[:])
		e.durations("command_duration_seconds", &h, 0, 2, c.Name)
	}
	for code, n := range s.Errors {
		e.count("errors_total", n, code)
	}
}

func (e emitter) connections(s *gsetd.Snapshot) {
	e.gauge("connections", float64(s.Clients))
	e.gauge("connections_waiting", float64(s.Blocked))
	e.count("connections_accepted_total", s.Loop.Accepted)
	e.count("connections_refused_total", s.Loop.Rejected, "too many")
	e.count("connections_refused_total", s.Loop.BadTLS, "tls")
	e.count("connections_refused_total", s.TLS.Refused, "too many handshakes")
	for reason, n := range s.TLS.Failed {
		e.count("connections_refused_total", n, "tls: "+reason)
	}
	for reason, n := range s.Denied {
		e.count("denied_total", n, reason)
	}
	e.count("connections_evicted_total", s.Loop.Evicted)
	e.count("clients_bytes_total", s.Loop.Received, "in")
	e.count("clients_bytes_total", s.Loop.Sent, "out")
}

func (e emitter) memory(s *gsetd.Snapshot) {
	e.gauge("memory_used_bytes", float64(s.Memory.Used))
	e.gauge("memory_buffers_bytes", float64(s.Memory.Buffers))
	e.gauge("memory_limit_bytes", float64(s.Memory.Limit))
	e.gauge("memory_resident_bytes", float64(gsetd.Resident()))
	e.count("memory_refused_total", s.Oversized)
}

func (e emitter) backups(s *gsetd.Snapshot) {
	b := &s.Backups
	e.count("backups_total", b.Written, "written")
	e.count("backups_total", b.Failed, "failed")
	e.truth("backup_failing", b.Failure != nil)
	age := s.Up
	if !b.Last.IsZero() {
		age = time.Since(b.Last)
	}
	e.gauge("backup_age_seconds", age.Seconds())
}

func (e emitter) disk(s *gsetd.Snapshot) {
	d := s.Status.Disk
	e.truth("store_failing", s.Failure != nil || s.Status.Problem != nil)
	if d == nil {
		return
	}
	e.gauge("store_log_bytes", float64(d.LogBytes))
	e.gauge("store_snapshot_bytes", float64(d.SnapshotBytes))
	e.count("store_snapshots_total", d.Snapshots)
	e.count("store_deltas_total", d.Deltas)
	e.count("store_commits_failed_total", d.Failed)
	e.count("store_files_abandoned_total", uint64(d.Abandoned))
	e.durations("store_commit_duration_seconds", &d.Commit, 4, 2)
}
