package operate

// family is a metric's name without "gset_", what it says, and its labels.
type family struct {
	name, help string
	labels     []string
}

// families are all metrics.
var families = []family{
	{"build_info", "1; the versions are labels.", labels("version", "go")},
	{"node_info", "1; who the node is, is in the labels.", labels("cluster", "name", "incarnation")},
	{"answering", "1 if the loop that executes commands has answered within 5 seconds.", nil},
	{"uptime_seconds", "Since the server was started.", nil},
	{"ready", "1 if /readyz answers 200.", nil},
	{"loading", "1 while the store was damaged and other members have not refilled it: commands about data are refused.", nil},
	{"joined", "1 if the node was not to join a cluster, or has met another member.", nil},
	{"certificate_expires_seconds", "Until the certificate expires; below zero if it has, and 0 if members with the same authorities do not accept it at all.", labels("use")},

	{"http_refused_total", "Requests to /metrics and the like, and connections for them, that were refused.", labels("reason")},

	{"collections", "Sets and counters.", nil},
	{"elements", "Elements of all sets.", nil},
	{"updates_total", "Elements and sums that clients have added.", nil},
	{"commands_total", "Commands by what became of them: ok, failed while executed, or rejected before.", labels("command", "outcome")},
	{"command_duration_seconds", "From when the loop has begun a command to its reply, without the commit at the end of the turn.", labels("command")},
	{"errors_total", "Replies that are errors, by their first word.", labels("code")},
	{"loop_turns_total", "Turns of the loop that executes commands.", nil},
	{"loop_busy_seconds_total", "Time in turns. Its rate is the load of the loop: at 1 no more commands can be executed.", nil},
	{"loop_longest_turn_seconds", "The longest turn of the last minute or two: nobody was served meanwhile.", nil},

	{"connections", "Clients that are connected.", nil},
	{"connections_waiting", "Clients in WAIT.", nil},
	{"connections_accepted_total", "Connections of clients.", nil},
	{"connections_refused_total", "Connections of clients that were refused: too many of them, or a TLS handshake that failed.", labels("reason")},
	{"denied_total", "Commands and passwords that were refused for who the client is.", labels("reason")},
	{"connections_evicted_total", "Clients that were disconnected since they did not read, or held too much.", nil},
	{"clients_bytes_total", "Bytes from and to clients.", labels("direction")},

	{"memory_used_bytes", "Of the state, what waits for the disk, and the buffers of clients.", nil},
	{"memory_buffers_bytes", "Of the buffers of clients.", nil},
	{"memory_limit_bytes", "Above which commands that add are refused; 0 is no limit.", nil},
	{"memory_resident_bytes", "Of the process, in the machine's memory.", nil},
	{"memory_refused_total", "Commands that were refused for memory.", nil},

	{"store_failing", "1 while the disk takes nothing: updates are refused.", nil},
	{"store_log_bytes", "Of commits that no snapshot has.", nil},
	{"store_snapshot_bytes", "Of the latest snapshot.", nil},
	{"store_snapshots_total", "Snapshots that were written.", nil},
	{"store_deltas_total", "Deltas that were committed.", nil},
	{"store_commits_failed_total", "Commits that failed.", nil},
	{"store_files_abandoned_total", "Files of the log that were given up after a write or a sync failed.", nil},
	{"store_commit_duration_seconds", "Of a commit: a write and a sync.", nil},

	{"backups_total", "Backups of BGSAVE by what became of them: written or failed.", labels("outcome")},
	{"backup_failing", "1 if the last BGSAVE has failed; the log says why.", nil},
	{"backup_age_seconds", "Since a backup of BGSAVE was written; as with LASTSAVE since the start if none was.", nil},

	{"members", "Other members.", labels("state")},
	{"member_up", "1 if the failure detector takes the member for up. It is slow where this node is the one that is cut off.", labels("member")},
	{"member_connected", "1 if this node has an open link to the member.", labels("member")},
	{"member_equal", "1 if the member has proved to hold all that is stable here now.", labels("member")},
	{"member_behind_seconds", "Since there is something stable here that the member has not proved to hold.", labels("member")},
	{"member_proved_seconds", "Since the member has proved to hold what was stable here then.", labels("member")},
	{"member_beacon_age_seconds", "Since a beacon of the member's was learned here.", labels("member")},
	{"member_queue_bytes", "That wait to be sent to the member.", labels("member")},
	{"member_frames_dropped_total", "Frames to the member for which there was no room.", labels("member")},
	{"member_sent_bytes_total", "Bytes that were sent to the member.", labels("member")},
	{"member_connections_refused_total", "Connections and messages of members that were refused.", labels("by", "reason")},
	{"replication_latency_seconds", "From this node's commit of a beacon to the proof that the member holds it.", labels("member")},
	{"replication_latency_last_seconds", "The latest of these.", labels("member")},
	{"replication_missed_total", "Beacons that the member was not proved to hold when the next one was raised.", labels("member")},

	{"pending_updates", "Updates that were not told to every member yet.", nil},
	{"view", "Number of the view.", nil},
	{"hub", "1 if this node is its own hub.", nil},
	{"round_trip_seconds", "To other members, smoothed.", nil},
	{"traffic_bytes_total", "Bytes between members, by kind of message.", labels("kind", "direction")},
	{"traffic_frames_total", "Frames between members, by kind of message.", labels("kind", "direction")},
	{"repair_bytes_total", "Bytes of repairs.", labels("direction")},
	{"repairs_begun_total", "Repairs that have begun: a member's state was seen to differ.", nil},
	{"repairs_done_total", "Repairs that are done: the member has proved to hold all since.", nil},
	{"repairs_running", "Repairs that are under way.", nil},
	{"repair_longest_seconds", "Since the first of these has begun.", nil},
}

func labels(l ...string) []string { return l }
