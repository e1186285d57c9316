package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"

	"gset/crdt"
)

var kinds = []Kind{Greeting, Message, Packet, Ask, Told, Leaving}

func TestAFrameIsAsLongAsItsKindAllowsAndNoLonger(t *testing.T) {
	for _, k := range kinds {
		for _, n := range []int{k.Limit() - 1, k.Limit(), k.Limit() + 1} {
			if n < 0 {
				continue
			}
			payload := bytes.Repeat([]byte{7}, n)
			data, err := Append(nil, k, payload)
			if (err == nil) != (n <= k.Limit()) {
				t.Errorf("%v of %d bytes: appended with %v", k, n, err)
			}
			if err != nil {
				data = append(binary.LittleEndian.AppendUint32(nil, uint32(n+1)), byte(k))
				data = append(data, payload...)
			}
			kind, got, err := Read(bytes.NewReader(data))
			switch {
			case n > k.Limit() && !errors.Is(err, ErrMalformed):
				t.Errorf("%v of %d bytes: read with %v", k, n, err)
			case n <= k.Limit() && (err != nil || kind != k || !bytes.Equal(got, payload)):
				t.Errorf("%v of %d bytes: read as %v of %d, %v", k, n, kind, len(got), err)
			}
		}
	}
}

func TestALongFrameIsRefusedBeforeMemoryIsTakenForIt(t *testing.T) {
	header := []byte{0xff, 0xff, 0xff, 0xff, byte(Message)}
	r := bytes.NewReader(header)
	allocated := testing.AllocsPerRun(100, func() {
		r.Reset(header)
		if _, payload, err := Read(r); !errors.Is(err, ErrMalformed) || payload != nil {
			t.Fatal(err)
		}
	})
	if allocated > 10 { // of the error
		t.Errorf("%v allocations", allocated)
	}
}

func TestAFrameThatEndsEarlyIsNotAnEnd(t *testing.T) {
	data, err := Append(nil, Ask, make([]byte, MaxDigest))
	if err != nil {
		t.Fatal(err)
	}
	for n := range data {
		want := io.ErrUnexpectedEOF
		if n == 0 {
			want = io.EOF
		}
		if _, _, err := Read(bytes.NewReader(data[:n])); err != want {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

// What a newer version may add is skipped: whoever reads on finds the next frame.
func TestAFrameOfAnUnknownKindIsSkipped(t *testing.T) {
	frame := func(kind Kind, n int) []byte {
		return append(append(binary.LittleEndian.AppendUint32(nil, uint32(n+1)), byte(kind)), make([]byte, n)...)
	}
	var all []byte
	for _, n := range []int{0, 1, MaxUnknown} {
		all = append(all, frame(Leaving+1, n)...)
	}
	r := bytes.NewReader(append(append(all, frame(Ask, MaxDigest)...), frame(255, MaxUnknown+1)...))
	for range 3 {
		if _, payload, err := Read(r); !errors.Is(err, ErrUnknown) || payload != nil {
			t.Fatalf("%d bytes, %v", len(payload), err)
		}
	}
	if kind, payload, err := Read(r); kind != Ask || len(payload) != MaxDigest || err != nil {
		t.Errorf("what follows is read as %v, %d bytes, %v", kind, len(payload), err)
	}
	if _, _, err := Read(r); !errors.Is(err, ErrMalformed) {
		t.Errorf("one that is too long: %v", err)
	}
	if _, _, err := Read(bytes.NewReader(frame(255, 9)[:10])); err != io.ErrUnexpectedEOF {
		t.Errorf("one that ends early: %v", err)
	}
}

func TestGreetingsHaveTheirLimits(t *testing.T) {
	for _, d := range []int{-1, 0, 1} {
		h := Hello{Lowest: 1, Highest: 1, Purpose: Link, Life: 1, Cluster: strings.Repeat("c", MaxCluster),
			Name: strings.Repeat("n", MaxName+d), Address: strings.Repeat("a", MaxAddress)}
		b, err := h.AppendBinary(nil)
		if (err == nil) != (d <= 0) {
			t.Errorf("a name of %d bytes: %v", len(h.Name), err)
		}
		if err != nil {
			continue
		}
		if len(b) > MaxGreeting {
			t.Errorf("a hello of %d bytes", len(b))
		}
		if got, err := DecodeHello(b); err != nil || got != h {
			t.Errorf("%+v, %v", got, err)
		}
		w := Welcome{Version: 1, Life: 2, Key: crdt.Key{1, 2}, Cluster: h.Cluster, Name: h.Name, Address: h.Address,
			Reason: strings.Repeat("r", MaxReason)}
		if b, err = w.AppendBinary(nil); err != nil || len(b) > MaxGreeting {
			t.Fatalf("a welcome of %d bytes, %v", len(b), err)
		}
		if got, err := DecodeWelcome(b); err != nil || got != w {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

func TestANewerHelloIsUnderstoodFarEnoughToBeRefused(t *testing.T) {
	h := Hello{Lowest: MaxVersion + 1, Highest: MaxVersion + 2, Purpose: 9, Name: "a", Cluster: "c"}
	b, err := h.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := DecodeHello(append(b, "more"...)); err != nil || got != h {
		t.Errorf("%+v, %v", got, err)
	}
}

func FuzzRead(f *testing.F) {
	for _, k := range kinds {
		data, err := Append(nil, k, make([]byte, min(3, k.Limit())))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte{0, 0, 0, 0, 2})
	f.Add([]byte{3, 0, 0, 0, 99, 1, 2})
	f.Fuzz(func(t *testing.T, data []byte) {
		kind, payload, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		again, err := Append(nil, kind, payload)
		if err != nil || !bytes.HasPrefix(data, again) {
			t.Errorf("%v, %v", again, err)
		}
	})
}

func FuzzDecodeHello(f *testing.F) {
	h := Hello{Lowest: 1, Highest: 1, Purpose: Join, Life: 3, Cluster: "c", Name: "n", Address: "127.0.0.1:1"}
	data, err := h.AppendBinary(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("gset"))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := DecodeHello(data)
		if err != nil {
			return
		}
		again, err := h.AppendBinary(nil)
		if err != nil || !bytes.HasPrefix(data, again) {
			t.Errorf("%v, %v", again, err)
		}
	})
}

func FuzzDecodeWelcome(f *testing.F) {
	w := Welcome{Version: 1, Life: 3, Key: crdt.Key{1, 2}, Cluster: "c", Name: "n", Address: "127.0.0.1:1"}
	data, err := w.AppendBinary(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	w.Refusal, w.Reason = NameTaken, "because"
	if data, err = w.AppendBinary(nil); err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		w, err := DecodeWelcome(data)
		if err != nil {
			return
		}
		again, err := w.AppendBinary(nil)
		if err != nil || !bytes.HasPrefix(data, again) {
			t.Errorf("%v, %v", again, err)
		}
	})
}
