package plant

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// shapes is a program with functions of all shapes that may be changed.
const shapes = `// Package main is not what this clause is about.
package main

import "fmt"

type pair[K comparable, V any] struct {
	k K
	v V
}

func (p *pair[K, V]) method(k K, _ int, rest ...V) (ok bool, err error) {
	fmt.Print("method ")
	return p.k == k, nil
}

func (pair[K, V]) anonymous(int, string) { fmt.Print("anonymous ") }

// generic has a comment.
func generic[T any, U int | string](_ T, u ...U) { fmt.Print("generic ") }

func made[T any]() (t T) {
	fmt.Print("made ")
	return t
}

func main() {
	p := &pair[int, string]{}
	_, _ = p.method(1, 2, "a", "b")
	p.anonymous(1, "")
	generic(1.5, 1, 2)
	_ = made[int]()
}
`

func TestAPlantedProgramMakesTheChangeItIsTold(t *testing.T) {
	words := []string{"method", "anonymous", "generic", "made"}
	p := &planted{source: shapes, changes: map[string][]int{}}
	for i, word := range words {
		if !p.plant(i+1, "not "+word, strings.Replace(shapes, `Print("`, `Print("not `, i+1)) {
			t.Fatalf("%s is not planted", word)
		}
	}
	for what, wrong := range map[string]string{
		"nothing":     shapes,
		"a type":      strings.Replace(shapes, "v V", "v, w V", 1),
		"a parameter": strings.Replace(shapes, "_ T", "_ *T", 1),
		"no Go":       strings.Replace(shapes, "func", "", 1),
	} {
		if p.plant(9, what, wrong) {
			t.Errorf("a change of %s is planted", what)
		}
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), []byte("module gset\n\ngo 1.26\n"))
	if err := os.MkdirAll(filepath.Join(dir, "internal", "planted"), 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "internal", "planted", "planted.go"), []byte(switchboard))
	write(t, filepath.Join(dir, "main.go"), []byte(p.String()))
	build := exec.Command("go", "build", "-o", "program", ".")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, p.String())
	}
	for number := range len(words) + 1 {
		program := exec.Command(filepath.Join(dir, "program"))
		program.Env = append(os.Environ(), fmt.Sprintf("%s=%d", Variable, number))
		out, err := program.CombinedOutput()
		want := ""
		for i, word := range words {
			if i < number { // change i is of the first i functions
				want += "not "
			}
			want += word + " "
		}
		if err != nil || string(out) != want {
			t.Errorf("change %d: %q, %v, want %q", number, out, err, want)
		}
	}
}

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
