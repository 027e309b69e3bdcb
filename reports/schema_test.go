package reports

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// schemaOf returns the JSON Schema of a type; structs are defined in defs.
func schemaOf(t reflect.Type, defs map[string]any) map[string]any {
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem(), defs)
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem(), defs)}
	case reflect.Interface: // a cell's value
		return map[string]any{"type": []any{"string", "number", "boolean", "null"}}
	case reflect.Struct:
		name := strings.ToLower(strings.TrimPrefix(t.Name(), "json"))
		if _, ok := defs[name]; !ok {
			defs[name] = nil // so that it may hold itself
			props, required := map[string]any{}, []any{}
			for i := range t.NumField() {
				f := t.Field(i)
				key, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
				s := schemaOf(f.Type, defs)
				if doc := f.Tag.Get("doc"); doc != "" {
					s["description"] = doc
				}
				props[key] = s
				if opts != "omitempty" {
					required = append(required, key)
				}
			}
			defs[name] = map[string]any{"type": "object", "properties": props, "required": required, "additionalProperties": false}
		}
		return map[string]any{"$ref": "#/$defs/" + name}
	}
	panic("no schema for " + t.String())
}

// The published schema is that of the types.
func TestSchema(t *testing.T) {
	defs := map[string]any{}
	root := schemaOf(reflect.TypeFor[jsonReport](), defs)
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "report.json of toolkit"
	root["$defs"] = defs
	got, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, filepath.Join("..", "..", "docs", "report.schema.json"), append(got, '\n'))
}

// Reports meet the schema, by a reading of it that knows what it uses.
func TestMeetsSchema(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "docs", "report.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	for _, r := range []*Report{sample(), Build(sampleInput(60)), Build(&Input{})} {
		text, err := r.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var doc any
		if err := json.Unmarshal(text, &doc); err != nil {
			t.Fatal(err)
		}
		if err := meets(doc, root, root); err != nil {
			t.Errorf("report %q: %v", r.Title, err)
		}
	}
	bad := map[string]any{"title": "x", "sections": []any{map[string]any{"id": 7.0, "title": "x"}}}
	if meets(bad, root, root) == nil {
		t.Error("an ID that is a number meets the schema")
	}
}

func meets(v any, s, root map[string]any) error {
	if ref, ok := s["$ref"].(string); ok {
		s = root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
	}
	kind := map[reflect.Kind]string{reflect.String: "string", reflect.Float64: "number", reflect.Bool: "boolean", reflect.Slice: "array", reflect.Map: "object", reflect.Invalid: "null"}[reflect.ValueOf(v).Kind()]
	switch want := s["type"].(type) {
	case string:
		if want != kind {
			return fmt.Errorf("%v is of type %s, want %s", v, kind, want)
		}
	case []any:
		if !slices.Contains(want, any(kind)) {
			return fmt.Errorf("%v is of type %s, want one of %v", v, kind, want)
		}
	}
	switch v := v.(type) {
	case []any:
		for i, x := range v {
			if err := meets(x, s["items"].(map[string]any), root); err != nil {
				return fmt.Errorf("%d: %w", i, err)
			}
		}
	case map[string]any:
		props := s["properties"].(map[string]any)
		for k, x := range v {
			p, ok := props[k].(map[string]any)
			if !ok {
				return fmt.Errorf("%s is not in the schema", k)
			}
			if err := meets(x, p, root); err != nil {
				return fmt.Errorf("%s: %w", k, err)
			}
		}
		for _, k := range s["required"].([]any) {
			if _, ok := v[k.(string)]; !ok {
				return fmt.Errorf("%s is missing", k)
			}
		}
	}
	return nil
}
