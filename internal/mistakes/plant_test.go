package mistakes

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mistakeVar names the mistake that a binary with all of them in it makes: its place
// in the list, from 1 on.
const mistakeVar = "GSET_MISTAKE"

// switchboard is the package that tells the planted functions which mistake to make.
const switchboard = `// Package planted says which mistake to make.
package planted

import (
	"os"
	"strconv"
)

// Mistake is the number of the mistake, 0 for none.
var Mistake, _ = strconv.Atoi(os.Getenv("` + mistakeVar + `"))
`

// plant returns binaries of hunt with mistakes in them, one for each mistake, and the one
// that most of them are: a build for each mistake would take most of the time of this test.
// See planted.
func plant(t *testing.T, all []mistake) (bins []string, shared string) {
	t.Helper()
	bins = make([]string, len(all))
	files := map[string]*planted{}
	for i, m := range all {
		p := files[m.file]
		if p == nil {
			source, err := os.ReadFile(filepath.Join(root, m.file))
			if err != nil {
				t.Fatal(err)
			}
			p = &planted{source: string(source), mistakes: map[string][]int{}}
			files[m.file] = p
		}
		wrong, err := p.wrong(m)
		if err != nil {
			t.Fatalf("%s: %s: %v", m.file, m.name, err)
		}
		if !p.plant(i+1, m.name, wrong) {
			bins[i] = build(t, map[string]string{m.file: wrong})
		}
	}
	sources := map[string]string{"internal/planted/planted.go": switchboard}
	for file, p := range files {
		sources[file] = p.String()
	}
	shared = build(t, sources)
	for i, bin := range bins {
		if bin == "" {
			bins[i] = shared
		}
	}
	return bins, shared
}

// build builds hunt with some files of the repository replaced by others. Those on disk
// stay as they are: go build is told to read them elsewhere.
func build(t *testing.T, sources map[string]string) (bin string) {
	t.Helper()
	dir := t.TempDir()
	replace := map[string]string{}
	for file, source := range sources {
		path, err := filepath.Abs(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		replace[path] = filepath.Join(dir, fmt.Sprintf("%d.go", len(replace)))
		write(t, replace[path], []byte(source))
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "overlay.json"), overlay)
	bin = filepath.Join(dir, "hunt")
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-overlay", filepath.Join(dir, "overlay.json"), "-o", bin, "./testdata/hunt")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

// planted is a source file with several mistakes in its functions, of which it makes one
// or none when it runs. A function that mistakes change stands in it as it is, and once
// more for every mistake, under names of their own. Its own name belongs to a function
// that looks which mistake is to be made, and calls one of them.
type planted struct {
	source   string
	mistakes map[string][]int // by function, as key has it
	copies   strings.Builder  // the functions with their mistakes
}

// wrong is the source with a mistake in it.
func (p *planted) wrong(m mistake) (string, error) {
	if n := strings.Count(p.source, m.right); n != 1 {
		return "", fmt.Errorf("the file has this %d times, and not once:\n%s", n, m.right)
	}
	return strings.Replace(p.source, m.right, m.wrong, 1), nil
}

// plant adds a mistake under a number. It reports false, and does nothing, if the mistake
// changes anything but the bodies of functions.
func (p *planted) plant(number int, name, source string) bool {
	right, wrong := functions(p.source), functions(source)
	if right.rest != wrong.rest || len(right.list) != len(wrong.list) {
		return false
	}
	var changed []function
	for i, f := range wrong.list {
		if f.head != right.list[i].head {
			return false
		}
		if f.body != right.list[i].body {
			changed = append(changed, f)
		}
	}
	for _, f := range changed {
		p.mistakes[f.key()] = append(p.mistakes[f.key()], number)
		// The compiler names the mistake if it finds fault with it.
		fmt.Fprintf(&p.copies, "\n//line %s:1\n%s\n", strings.ReplaceAll(name, " ", "_"), f.renamed(number))
	}
	return len(changed) > 0
}

// String is the source with all mistakes in it.
func (p *planted) String() string {
	if len(p.mistakes) == 0 {
		return p.source
	}
	file := functions(p.source)
	text := p.source[:file.clause] + "\n\nimport \"gset/internal/planted\"" + p.source[file.clause:]
	for _, f := range file.list {
		if numbers := p.mistakes[f.key()]; numbers != nil {
			text = strings.Replace(text, f.head+f.body, f.renamed(0)+"\n\n"+f.dispatch(numbers), 1)
		}
	}
	return text + p.copies.String()
}

// parsed is a source file taken apart.
type parsed struct {
	clause int // where its package clause ends
	list   []function
	rest   string // all but the functions
}

// function is one of a source file's.
type function struct {
	head, body string // of its text
	decl       *ast.FuncDecl
	source     string
}

// functions takes a source file apart. One that cannot be parsed has none: the compiler
// will say what is wrong with it.
func functions(source string) (p parsed) {
	file, err := parser.ParseFile(token.NewFileSet(), "", source, parser.SkipObjectResolution)
	if err != nil {
		return parsed{rest: source}
	}
	p.clause = int(file.Name.End()) - 1
	at := 0
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		begin, body, end := int(f.Pos())-1, int(f.Body.Pos())-1, int(f.End())-1
		p.rest += source[at:begin]
		p.list = append(p.list, function{source[begin:body], source[body:end], f, source})
		at = end
	}
	p.rest += source[at:]
	return p
}

// text is a node's.
func (f function) text(n ast.Node) string { return f.source[n.Pos()-1 : n.End()-1] }

// key tells the functions of a file apart.
func (f function) key() string {
	if f.decl.Recv == nil {
		return f.decl.Name.Name
	}
	return f.text(f.decl.Recv.List[0].Type) + "." + f.decl.Name.Name
}

// under is the function's name with a mistake in it, or with none if that is 0.
func (f function) under(number int) string {
	return fmt.Sprintf("%s_planted%d", f.decl.Name.Name, number)
}

// renamed is the function under another name.
func (f function) renamed(number int) string {
	at := int(f.decl.Name.Pos() - f.decl.Pos())
	return f.head[:at] + f.under(number) + f.head[at+len(f.decl.Name.Name):] + f.body
}

// dispatch is a function under the original's name that calls the one with the mistake to
// be made, or the one without.
func (f function) dispatch(numbers []int) string {
	typ := f.decl.Type
	head, callee, back := "func ", "", ""
	if f.decl.Recv != nil {
		head += "(self " + f.text(f.decl.Recv.List[0].Type) + ") "
		callee = "self."
	}
	head += f.decl.Name.Name
	instance := ""
	if typ.TypeParams != nil {
		head += f.text(typ.TypeParams)
		var names []string
		for _, field := range typ.TypeParams.List {
			for _, name := range field.Names {
				names = append(names, name.Name)
			}
		}
		instance = "[" + strings.Join(names, ", ") + "]"
	}
	params, arguments := f.parameters()
	head += "(" + params + ") "
	if typ.Results != nil {
		head += f.text(typ.Results)
		back = "return "
	}
	call := func(number int) string {
		return "\n\t\t" + back + callee + f.under(number) + instance + "(" + arguments + ")\n"
	}
	cases := ""
	for _, number := range numbers {
		cases += fmt.Sprintf("\tcase %d:%s", number, call(number))
	}
	return head + " {\n\tswitch planted.Mistake {\n" + cases + "\tdefault:" + call(0) + "\t}\n}"
}

// parameters returns the function's parameters under names that are all different, and
// these names as arguments for another function with the same parameters.
func (f function) parameters() (params, arguments string) {
	var types, names []string
	for _, field := range f.decl.Type.Params.List {
		for range max(len(field.Names), 1) {
			name := fmt.Sprintf("p%d", len(names))
			types = append(types, name+" "+f.text(field.Type))
			if _, variadic := field.Type.(*ast.Ellipsis); variadic {
				name += "..."
			}
			names = append(names, name)
		}
	}
	return strings.Join(types, ", "), strings.Join(names, ", ")
}
