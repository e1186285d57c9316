package gsetd

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// redisVersion is the version of Redis whose replies the server's are.
const redisVersion = "7.0.15"

// section writes one section of INFO.
type section struct {
	name   string
	common bool // among the sections that INFO without an argument has
	write  func(s *Server, in *infoText)
}

func sections() []section {
	return []section{
		{"Server", true, infoServer},
		{"Clients", true, infoClients},
		{"Memory", true, infoMemory},
		{"Persistence", true, infoPersistence},
		{"Stats", true, infoStats},
		{"Replication", true, infoReplication},
		{"CPU", true, infoCPU},
		{"Modules", true, func(*Server, *infoText) {}},
		{"Commandstats", false, infoCommands},
		{"Errorstats", true, infoErrors},
		{"Cluster", true, func(_ *Server, in *infoText) { in.add("cluster_enabled", 0) }},
		{"Keyspace", true, infoKeyspace},
	}
}

// infoText is the text of INFO.
type infoText struct{ strings.Builder }

func (in *infoText) add(key string, value any) { fmt.Fprintf(in, "%s:%v\r\n", key, value) }

func (in *infoText) size(key string, bytes int64) {
	in.add(key, bytes)
	in.add(key+"_human", human(bytes))
}

// human shows a number of bytes as Redis does.
func human(n int64) string {
	if n < 1<<10 {
		return strconv.FormatInt(n, 10) + "B"
	}
	f := float64(n) / 1024
	for _, unit := range []string{"K", "M", "G", "T"} {
		if f < 1024 {
			return fmt.Sprintf("%.2f%s", f, unit)
		}
		f /= 1024
	}
	return fmt.Sprintf("%.2fP", f)
}

func info(s *Server, c *client, args [][]byte) {
	asked := map[string]bool{}
	for _, arg := range args[1:] {
		asked[strings.ToLower(string(clip(arg, 32)))] = true
	}
	all := asked["all"] || asked["everything"]
	var in infoText
	for _, section := range sections() {
		common := section.common && (len(args) == 1 || asked["default"])
		if !all && !common && !asked[strings.ToLower(section.name)] {
			continue
		}
		if in.Len() > 0 {
			in.WriteString("\r\n")
		}
		in.WriteString("# " + section.name + "\r\n")
		section.write(s, &in)
	}
	c.w.Verbatim(in.String())
}

func infoServer(s *Server, in *infoText) {
	up := time.Since(s.started)
	_, port, _ := net.SplitHostPort(s.config.Address)
	executable, _ := os.Executable()
	in.add("redis_version", redisVersion)
	in.add("redis_mode", "standalone")
	in.add("server_name", "gsetd")
	in.add("os", runtime.GOOS+" "+runtime.GOARCH)
	in.add("arch_bits", strconv.IntSize)
	in.add("go_version", runtime.Version())
	in.add("process_id", os.Getpid())
	in.add("run_id", s.runID)
	in.add("tcp_port", port)
	in.add("server_time_usec", time.Now().UnixMicro())
	in.add("uptime_in_seconds", int64(up.Seconds()))
	in.add("uptime_in_days", int64(up.Hours()/24))
	in.add("hz", int64(time.Second/tickInterval))
	in.add("executable", executable)
	in.add("config_file", "")
}

func infoClients(s *Server, in *infoText) {
	blocked := 0
	for _, c := range s.clients {
		if c.waits != nil {
			blocked++
		}
	}
	in.add("connected_clients", len(s.clients))
	in.add("maxclients", s.maxConns())
	in.add("blocked_clients", blocked)
}

// maxConns returns how many connections the loop allows.
func (s *Server) maxConns() int {
	if s.config.MaxConns > 0 {
		return s.config.MaxConns
	}
	return 10_000
}

func infoMemory(s *Server, in *infoText) {
	m := &s.memory
	m.measure(s.node)
	resident, total := residentBytes(), SystemMemory()
	in.size("used_memory", m.used())
	in.size("used_memory_rss", resident)
	in.size("used_memory_peak", m.peak)
	in.add("used_memory_overhead", m.buffers)
	in.add("used_memory_startup", 0)
	in.add("used_memory_dataset", m.state)
	in.size("total_system_memory", total)
	in.size("maxmemory", s.config.MaxMemory)
	in.add("maxmemory_policy", "noeviction")
	in.add("mem_fragmentation_ratio", fmt.Sprintf("%.2f", float64(resident)/float64(max(m.used(), 1))))
	in.add("mem_fragmentation_bytes", resident-m.used())
	in.add("mem_clients_normal", m.buffers)
	in.add("mem_allocator", "go")
}

func infoPersistence(s *Server, in *infoText) {
	status := s.node.Status()
	on := boolInt(status.Durable != Never)
	in.add("loading", boolInt(s.node.Loading()))
	in.add("async_loading", 0)
	in.add("rdb_changes_since_last_save", status.Deltas)
	in.add("rdb_bgsave_in_progress", boolInt(s.backups.running))
	in.add("rdb_last_save_time", s.lastSave())
	in.add("rdb_last_bgsave_status", okOrErr(s.backups.failed == nil))
	in.add("gset_backups_failed", s.backups.failures)
	in.add("aof_enabled", on)
	in.add("aof_rewrite_in_progress", 0)
	in.add("aof_last_bgrewrite_status", "ok")
	in.add("aof_last_write_status", okOrErr(status.Problem == nil && s.failing.err == nil))
	in.add("aof_current_size", status.LogBytes)
	in.add("aof_base_size", status.SnapshotBytes)
	in.add("gset_commits", status.Commits)
	in.add("gset_committed_deltas", status.Deltas)
	in.add("gset_fsync", status.Durable)
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func okOrErr(ok bool) string {
	if ok {
		return "ok"
	}
	return "err"
}

func infoStats(s *Server, in *infoText) {
	st := &s.stats
	if s.loop != nil {
		st.net = s.loop.Stats()
	}
	in.add("total_connections_received", st.net.Accepted)
	in.add("total_commands_processed", st.processed)
	in.add("instantaneous_ops_per_sec", int64(st.sampled.ops))
	in.add("total_net_input_bytes", st.net.Received)
	in.add("total_net_output_bytes", st.net.Sent)
	in.add("instantaneous_input_kbps", fmt.Sprintf("%.2f", st.sampled.inKbps))
	in.add("instantaneous_output_kbps", fmt.Sprintf("%.2f", st.sampled.outKbps))
	in.add("rejected_connections", st.net.Rejected)
	in.add("evicted_clients", st.net.Evicted)
	in.add("loop_longest_turn_usec", st.net.Longest.Microseconds())
	in.add("expired_keys", 0)
	in.add("evicted_keys", 0)
	in.add("keyspace_hits", st.hits)
	in.add("keyspace_misses", st.misses)
	in.add("pubsub_channels", len(s.hub.channels))
	in.add("pubsub_patterns", len(s.hub.patterns))
	errors := uint64(0)
	for _, n := range st.errors {
		errors += n
	}
	in.add("total_error_replies", errors)
	in.add("gset_updates", st.updates)
	in.add("gset_refused_for_memory", st.refused)
	st.denied.write(in)
	s.infoTLS(in)
}

func infoReplication(s *Server, in *infoText) {
	status := s.node.Status()
	linked := 0
	for _, m := range status.Members {
		linked += boolInt(m.Connected)
	}
	in.add("role", "master")
	in.add("connected_slaves", linked)
	i := 0
	for _, m := range status.Members {
		if m.Connected {
			in.add("slave"+strconv.Itoa(i), fmt.Sprintf("ip=%s,port=%d,state=online,offset=0,lag=0", m.Host, m.Port))
			i++
		}
	}
	in.add("master_replid", s.runID)
	in.add("master_repl_offset", 0)
	in.add("gset_cluster", status.Cluster)
	in.add("gset_member", status.Name)
	in.add("gset_members", len(status.Members)+1)
	if status.Member != nil && status.Member.Address != "" { // else it is alone
		in.add("gset_member_certificate_expires", unixOrZero(status.CertificateExpires))
	}
}

// unixOrZero returns a time in Unix seconds, and 0 for the zero time.
func unixOrZero(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func infoCPU(_ *Server, in *infoText) {
	user, system := cpuTime()
	in.add("used_cpu_sys", fmt.Sprintf("%.6f", system.Seconds()))
	in.add("used_cpu_user", fmt.Sprintf("%.6f", user.Seconds()))
}

func infoCommands(s *Server, in *infoText) {
	s.eachUsed(func(e *entry) {
		u, usec := &e.usage, e.usage.total.Microseconds()
		in.add("cmdstat_"+e.name, fmt.Sprintf("calls=%d,usec=%d,usec_per_call=%.2f,rejected_calls=%d,failed_calls=%d",
			u.calls, usec, float64(usec)/float64(max(u.calls, 1)), u.rejected, u.failed))
	})
}

// eachUsed calls f with the commands that were called.
func (s *Server) eachUsed(f func(e *entry)) {
	for _, e := range s.ordered {
		for _, each := range append([]*entry{e}, e.list()...) {
			if each.usage.calls+each.usage.rejected > 0 {
				f(each)
			}
		}
	}
}

func infoErrors(s *Server, in *infoText) {
	for _, code := range sortedKeys(s.stats.errors) {
		in.add("errorstat_"+code, fmt.Sprintf("count=%d", s.stats.errors[code]))
	}
}

func infoKeyspace(s *Server, in *infoText) {
	if n := s.node.View().Names(); n > 0 {
		in.add("db0", fmt.Sprintf("keys=%d,expires=0,avg_ttl=0", n))
	}
}
