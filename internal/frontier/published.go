package frontier

// Published is somebody's solution of challenge 3d or 3e, as Maelstrom measured it: 25 nodes,
// links of 100 ms, 100 operations a second, all on one machine.
type Published struct {
	Name        string
	MsgsPerOp   float64
	Median, Max float64 // of the stable latency, in milliseconds

	at place // of its label
}

// place says where a label stands: off its anchor, by so many pixels, and how it is aligned
// there. The anchor is the point of the median.
type place struct {
	dx, dy float64
	align  string
}

// Others lists the published results.
var Others = []Published{
	{"tutorial 3d", 25.7, 385, 512, place{10, 4, "start"}},
	{"denpeshkov 3d", 23.3, 75, 113, place{10, 4, "start"}},
	{"dstdfx", 13.9, 77, 102, place{0, 20, "middle"}},
	{"geekNero", 12.8, 168, 203, place{10, 4, "start"}},
	{"maszlasz 3e", 5.76, 239, 384, place{10, -5, "start"}},
	{"adam-bunce 3e", 5.07, 687, 931, place{10, 4, "start"}},
	{"fersilva16 3e", 4.16, 791, 1530, place{0, -70, "middle"}},
	{"tutorial 3e", 3.42, 792, 1119, place{14, 22, "end"}},
	{"paul-kang 3e", 3.03, 825, 1115, place{8, -36, "end"}},
	{"abuelhassan 3e", 2.05, 742, 1087, place{9, 22, "end"}},
	{"teivah 3e", 1.70, 779, 1140, place{-10, 4, "end"}},
}
