// Package arch holds the packages to their layers, and the project to a few
// rules that a reader of one file can't see.
package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "toolkit/"

// may says what a package may import besides the standard library and, of the
// libraries, those that every layer may use (see common). A package has the
// line with the longest matching prefix; what is imported has to begin with
// one of the words.
var may = map[string]string{
	"flow":                "internal/pages github.com/klauspost/compress github.com/bmatcuk/doublestar github.com/pierrec/lz4 github.com/ulikunitz/xz",
	"flow/biflow":         "flow",
	"flow/dedup":          "flow internal/tempfile github.com/zeebo/xxh3",
	"flow/filter":         "flow",
	"flow/netflow":        "flow github.com/netsampler/goflow2 github.com/gopacket/gopacket",
	"flow/nfcapd":         "flow github.com/klauspost/compress github.com/pierrec/lz4",
	"flow/cryptopan":      "flow",
	"flow/columnar":       "flow internal/untrusted internal/tempfile github.com/apache/arrow github.com/parquet-go",
	"features":            "flow internal/pages internal/untrusted internal/tempfile github.com/apache/arrow github.com/parquet-go github.com/klauspost/compress github.com/axiomhq/hyperloglog github.com/DataDog/sketches-go github.com/zeebo/xxh3",
	"features/scale":      "features algo",
	"algo":                "features",
	"algo/threshold":      "features algo",
	"pca":                 "algo features",
	"cluster":             "algo features internal/near",
	"cluster/kmeans":      "algo features golang.org/x/sys/cpu",
	"cluster/spectral":    "algo features internal/near cluster/kmeans",
	"outlier":             "algo features internal/near outlier/internal",
	"detect":              "flow features algo detect",
	"detect/batchcluster": "flow features algo detect cluster/kmeans cluster/dbscan",
	"detect/entropy":      "flow features algo detect pca",
	"detect/blacklist":    "flow features algo detect github.com/gaissmai/bart",
	"detect/state":        "flow",
	"detect/track":        "flow detect/state",
	"bench/growth":        "features algo suite reports",
	"bench/memory":        "features algo suite",
	"bench/stream":        "flow detect datasets suite",
	"detect/live":         "flow features algo detect internal/run golang.org/x/sys/unix",
	"detect/bound":        "",
	"evaluate":            "features algo detect internal/near internal/prose golang.org/x/sys/cpu",
	"ensemble":            "algo",
	"evaluate/stability":  "features algo evaluate",
	"evaluate/sweep":      "features algo evaluate",
	"datasets":            "flow datasets",
	"datasets/synth":      "flow",
	"serve":               "features internal/run",
	"reproduce":           "flow features algo pca cluster detect",
	"explain":             "flow features algo detect evaluate internal/prose",
	"reports":             "flow features algo detect evaluate explain reproduce internal/run internal/prose gonum.org/v1/plot golang.org/x/image",
	"internal/near":       "algo features golang.org/x/sys/cpu",
	"internal/run":        "features internal/tempfile",
	"internal/prose":      "features",
	"internal/ref":        "",
	"internal/flowtext":   "",
	"internal/pages":      "",
	"internal/tempfile":   "golang.org/x/sys/unix",
	"internal/untrusted":  "internal/tempfile github.com/pierrec/lz4 github.com/google/flatbuffers github.com/klauspost/compress github.com/andybalholm/brotli github.com/parquet-go",
	"internal/arch":       "",
	"bench/detection":     "flow detect datasets suite",
	"bench/gallery":       "",
	"suite":               "flow features algo pca cluster outlier detect datasets",
	"cmd":                 "serve reproduce suite flow features algo detect ensemble evaluate explain datasets reports internal/run internal/tempfile github.com/spf13/cobra github.com/schollz/progressbar golang.org/x/term github.com/klauspost/compress github.com/VictoriaMetrics/metrics",
}

// common are the libraries that every layer but flow may use: numbers and the
// declaration of parameters.
var common = []string{"gonum.org/v1/gonum", "github.com/spf13/pflag"}

// kits are the packages that only tests import.
var kits = []string{"algo/algotest", "features/aggtest", "detect/detecttest", "outlier/internal/outliertest", "internal/ref", "internal/flowtext"}

// A file is a Go file of the project.
type file struct {
	name string // with slashes, from the root
	ast  *ast.File
}

func (f *file) pkg() string  { return path.Dir(f.name) }
func (f *file) isTest() bool { return strings.HasSuffix(f.name, "_test.go") }
func (f *file) imports() []string {
	var paths []string
	for _, spec := range f.ast.Imports {
		p, _ := strconv.Unquote(spec.Path.Value)
		paths = append(paths, p)
	}
	return paths
}

// files parses all Go files here, so that the test cache knows of them; it
// would not know of what a go list reads.
func files(t *testing.T) []*file {
	t.Helper()
	var all []*file
	root := os.DirFS(filepath.Join("..", ".."))
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".go" || strings.Contains(name, "testdata/") {
			return err
		}
		src, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ParseComments)
		if err != nil {
			return err
		}
		all = append(all, &file{name, f})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("%d files found: the root is not where it should be", len(all))
	}
	return all
}

func begins(p string, with []string) bool {
	return slices.ContainsFunc(with, func(w string) bool { return p == w || strings.HasPrefix(p, w+"/") })
}

// Imports go up the layers of docs/decisions.md and never down.
func TestLayers(t *testing.T) {
	for _, f := range files(t) {
		if f.isTest() || begins(f.pkg(), kits) {
			continue
		}
		best := ""
		for p := range may {
			if begins(f.pkg(), []string{p}) && len(p) > len(best) {
				best = p
			}
		}
		if best == "" {
			t.Errorf("%s is in no layer", f.pkg())
			continue
		}
		allowed := strings.Fields(may[best])
		if best != "flow" {
			allowed = append(allowed, common...)
		}
		for _, imp := range f.imports() {
			first, _, _ := strings.Cut(imp, "/")
			ours := imp + "/"
			if !strings.Contains(first, ".") && !strings.HasPrefix(ours, module) {
				continue // the standard library
			}
			if imp = strings.TrimPrefix(imp, module); begins(imp, kits) {
				t.Errorf("%s: %s is for tests only", f.name, imp)
			} else if !begins(imp, allowed) {
				t.Errorf("%s: package %s must not import %s", f.name, f.pkg(), imp)
			}
		}
	}
}

// Randomness has a seed: the global functions of math/rand have none.
func TestRandomness(t *testing.T) {
	global := []string{"Int", "IntN", "Int32", "Int32N", "Int64", "Int64N", "Uint32", "Uint32N", "Uint64", "Uint64N", "Uint", "UintN",
		"Float32", "Float64", "ExpFloat64", "NormFloat64", "Perm", "Shuffle", "N"}
	for _, f := range files(t) {
		for _, imp := range f.imports() {
			if imp == "math/rand" {
				t.Errorf("%s imports math/rand: use math/rand/v2 with a seed", f.name)
			}
		}
		if !slices.Contains(f.imports(), "math/rand/v2") {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "rand" && x.Obj == nil && slices.Contains(global, s.Sel.Name) {
					t.Errorf("%s calls rand.%s, which has no seed", f.name, s.Sel.Name)
				}
			}
			return true
		})
	}
}

// Nothing registers itself: what there is stands in package suite.
func TestNoInit(t *testing.T) {
	for _, f := range files(t) {
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s has an init function", f.name)
			}
		}
	}
}

// Every package says what it is for.
func TestPackageDocs(t *testing.T) {
	documented := map[string]bool{}
	for _, f := range files(t) {
		if strings.HasSuffix(f.ast.Name.Name, "_test") {
			continue
		}
		documented[f.pkg()] = documented[f.pkg()] || f.ast.Doc != nil
	}
	for pkg, ok := range documented {
		if !ok {
			t.Errorf("package %s has no comment", pkg)
		}
	}
}
