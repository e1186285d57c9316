package gsetd_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gset/internal/gsetd"
)

// Whatever a client sends, the replies are whole, and nothing panics.
func FuzzExecute(f *testing.F) {
	for _, stream := range talks(f) {
		f.Add([]byte(stream))
	}
	f.Add(appendCommand(nil, "SADD", "s\x00", "\r\n", ""))
	f.Fuzz(func(t *testing.T, stream []byte) {
		node := openPlayed(t)
		replies, _ := gsetd.Play(node, stream)
		in := bufio.NewReader(bytes.NewReader(replies))
		for {
			_, err := readReply(in)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatalf("%v in the replies %q", err, replies)
			}
		}
	})
}

// talks returns what clients say in the transcripts.
func talks(t testing.TB) (all []string) {
	files, err := filepath.Glob("testdata/transcripts/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?ms)^send[^\n]*\n(.*?)^----`).FindAllStringSubmatch(string(text), -1) {
			all = append(all, strings.ReplaceAll(m[1], "\n", "\r\n"))
		}
	}
	return all
}

// A pattern matches what it must at a cost that is bounded by the product of the lengths.
func FuzzGlob(f *testing.F) {
	f.Add([]byte("a*[^b-d]?\\*"), []byte("axxe1*"))
	f.Add([]byte(strings.Repeat("*a", 100)+"b"), []byte(strings.Repeat("a", 1000)))
	f.Add([]byte("[z-a]["), []byte("bz"))
	f.Fuzz(func(t *testing.T, pattern, text []byte) {
		if len(pattern) > 1000 || len(text) > 1000 {
			return
		}
		matches := gsetd.Glob(pattern, text)
		if starred := append([]byte("*"), pattern...); matches && !gsetd.Glob(starred, append([]byte("any"), text...)) {
			t.Errorf("%q matches %q, and not with a star and a text before", pattern, text)
		}
		quoted := regexp.MustCompile(`(?s)[*?\[\\]`).ReplaceAll(text, []byte(`\$0`))
		if !gsetd.Glob(quoted, text) {
			t.Errorf("%q does not match itself, quoted as %q", text, quoted)
		}
	})
}
