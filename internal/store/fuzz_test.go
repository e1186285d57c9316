package store

import (
	"bytes"
	"io"
	"testing"
)

// memory is a file in memory that is only read.
type memory struct{ *bytes.Reader }

func (memory) WriteAt([]byte, int64) (int, error) { return 0, io.ErrShortWrite }
func (memory) Sync() error                        { return nil }
func (memory) Close() error                       { return nil }
func (m memory) Stat() (Stat, error)              { return Stat{Size: m.Size()}, nil }

var someHeader = header{
	About: About{"cluster", "state", "member"}, kind: logFile, number: 7, size: 4096, previous: 6, previousEnd: 1024,
	incarnation: 5, file: Stat{Inode: 3, Born: 4}, lease: Stat{Inode: 1, Changed: 2}, salt: [16]byte{1}, store: [16]byte{2},
}

func FuzzHeaderDecode(f *testing.F) {
	f.Add(someHeader.encode())
	f.Add(make([]byte, headerSize))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == headerSize && string(data[:8]) == magic { // let some be whole
			h, _ := decodeHeader(data)
			data = append(data[:atChecksum:atChecksum], h.encode()[atChecksum:]...)
		}
		h, err := decodeHeader(data)
		if err != nil {
			return
		}
		if again, err := decodeHeader(h.encode()); err != nil || again != h {
			t.Fatalf("%+v is read as %+v: %v", h, again, err)
		}
	})
}

func FuzzPayloadDecode(f *testing.F) {
	f.Add(append(appendDelta(appendDelta(nil, []byte("a delta")), make([]byte, 300)), endMark))
	f.Add(append(endPayload(nil, 9), endMark))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		var again []byte
		err := eachDelta(data, func(delta []byte) error {
			again = appendDelta(again, delta)
			return nil
		})
		if err == nil && len(again)+1 > len(data) {
			t.Fatalf("%d bytes of deltas out of %d", len(again)+1, len(data))
		}
		_, _ = parseEnd(data)
	})
}

// FuzzFrames reads a file whose frames have right checksums and any content, or wrong ones.
func FuzzFrames(f *testing.F) {
	f.Add([]byte{4, 1, 1, 'a', endMark, 9, 0, 0, 0}, uint16(4096))
	f.Add([]byte{10, 2, 8, 0, 0, 0, 0, 0, 0, 0, endMark}, uint16(700))
	f.Add([]byte{3, 1, 0, 0, 0, 200, 9, 9}, uint16(1000))
	f.Fuzz(func(t *testing.T, script []byte, size uint16) {
		h := someHeader
		h.size = max(headerSize, int64(size))
		file, index := h.encode(), uint32(0)
		for len(script) > 2 {
			n, typ := int(script[0]), script[1]
			content := script[2:min(len(script), 2+n)]
			script = script[2+len(content):]
			if typ > 9 { // no frame
				file = append(file, content...)
				file = append(file, make([]byte, padded(len(file))-len(file))...)
				continue
			}
			file = append(file, seal(append(room(nil), content...), place{h.salt, int64(len(file))}, index, typ)...)
			index++
		}
		file = append(file, make([]byte, max(0, int(h.size)-len(file)))...)
		for _, some := range []bool{false, true} {
			readAny(t, file, some)
		}
	})
}

func readAny(t *testing.T, file []byte, some bool) {
	r := &reader{name: "f", window: window{file: memory{bytes.NewReader(file)}}, at: headerSize}
	if err := r.begin(); err != nil {
		t.Fatal(err)
	}
	given := 0
	play := func(payload []byte) error {
		return eachDelta(payload, func(delta []byte) error {
			given += len(delta)
			return nil
		})
	}
	if some {
		_ = r.frames(r.size, true, play)
	} else if ended, _, err := r.untilEnd(play); err == nil && !ended {
		if h, _, found, err := r.next(); err == nil && found != foundFrame && found != foundEnd {
			_, _ = r.tear(found, h)
		}
	}
	if given > len(file) {
		t.Fatalf("%d bytes of deltas out of a file of %d", given, len(file))
	}
}
