// gofacts writes what reflection over the Kubernetes API's Go structs tells about their wire forms, as one JSON
// document on standard output: {"kinds": {"apps/v1/Deployment": NAME}, "types": {NAME: {"fields": [...]}}}.
//
// A field has: go (its Go name), json, omitempty, omitzero, inline (an embedded struct), number and wire (from the
// protobuf tag), type (a structural type expression), named (the type's own name, when a slice or map has one).
// A type that is not a struct has only its underlying kind.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"

	crd "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	aggregation "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

// Facts is one struct's line in the document, or one named scalar's.
type Facts struct {
	Fields     []Field `json:"fields,omitempty"`
	Underlying string  `json:"underlying,omitempty"`
	isStruct   bool
}

// MarshalJSON keeps "fields": [] for structs without exported fields.
func (f Facts) MarshalJSON() ([]byte, error) {
	if f.isStruct {
		return json.Marshal(map[string]any{"fields": f.Fields})
	}
	return json.Marshal(map[string]any{"underlying": f.Underlying})
}

// Field is one exported field.
type Field struct {
	Go        string `json:"go"`
	JSON      string `json:"json,omitempty"`
	Inline    bool   `json:"inline,omitempty"`
	OmitEmpty bool   `json:"omitempty,omitempty"`
	OmitZero  bool   `json:"omitzero,omitempty"`
	Number    int    `json:"number,omitempty"`
	Wire      string `json:"wire,omitempty"`
	Type      string `json:"type"`
	Named     string `json:"named,omitempty"`
}

// Catalogue collects every type that can be reached from those it is shown.
type Catalogue map[string]*Facts

func fullName(t reflect.Type) string { return t.PkgPath() + "." + t.Name() }

// Expression gives a type's structure, in which only structs and scalars keep their names.
func (c Catalogue) Expression(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + c.Expression(t.Elem())
	case reflect.Slice:
		return "[]" + c.Expression(t.Elem())
	case reflect.Map:
		return fmt.Sprintf("map[%s]%s", c.Expression(t.Key()), c.Expression(t.Elem()))
	}
	if t.PkgPath() == "" {
		return t.String()
	}
	c.visit(t)
	return fullName(t)
}

func (c Catalogue) visit(t reflect.Type) {
	if c[fullName(t)] != nil {
		return
	}
	facts := &Facts{Underlying: t.Kind().String(), Fields: []Field{}, isStruct: t.Kind() == reflect.Struct}
	c[fullName(t)] = facts // before its fields: types may contain themselves
	if !facts.isStruct {
		return
	}
	for _, field := range reflect.VisibleFields(t) {
		if field.IsExported() && len(field.Index) == 1 {
			facts.Fields = append(facts.Fields, c.field(field))
		}
	}
}

func (c Catalogue) field(f reflect.StructField) Field {
	name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	out := Field{Go: f.Name, JSON: name, Inline: f.Anonymous && name == "", Type: c.Expression(f.Type)}
	for _, option := range strings.Split(options, ",") {
		out.OmitEmpty = out.OmitEmpty || option == "omitempty"
		out.OmitZero = out.OmitZero || option == "omitzero"
	}
	if kind := f.Type.Kind(); (kind == reflect.Slice || kind == reflect.Map) && f.Type.PkgPath() != "" {
		out.Named = fullName(f.Type)
	}
	if tag := strings.Split(f.Tag.Get("protobuf"), ","); len(tag) >= 3 {
		out.Wire = tag[0] + "," + tag[2]
		out.Number, _ = strconv.Atoi(tag[1])
	}
	return out
}

func main() {
	all := scheme.Scheme
	for _, add := range []func(*runtime.Scheme) error{crd.AddToScheme, aggregation.AddToScheme} {
		if err := add(all); err != nil {
			panic(err)
		}
	}
	meta.AddToGroupVersion(all, schema.GroupVersion{Version: "v1"})
	catalogue, kinds := Catalogue{}, map[string]string{}
	for kind, t := range all.AllKnownTypes() {
		if kind.Version != runtime.APIVersionInternal {
			kinds[kind.GroupVersion().String()+"/"+kind.Kind] = catalogue.Expression(t)
		}
	}
	for _, extra := range []any{
		runtime.Unknown{}, meta.WatchEvent{}, meta.Status{}, meta.Table{}, meta.PartialObjectMetadataList{},
	} {
		catalogue.Expression(reflect.TypeOf(extra))
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	if err := json.NewEncoder(out).Encode(map[string]any{"kinds": kinds, "types": catalogue}); err != nil {
		panic(err)
	}
}
