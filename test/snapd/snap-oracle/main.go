// snap-yaml-oracle reports how snapd's own parser reads a meta/snap.yaml.
//
// It reads JSON values from the standard input and writes one line of JSON for each:
//
//	{"name": TEXT, "yaml": BASE64}
//	{"name": TEXT, "refusedAt": STAGE, "error": TEXT, "values": {...}}
//
// refusedAt is empty if snapd accepts the file. It is "syntax" if the file is not
// YAML, "type" if a field has the wrong type, and "info" or "validate" if snapd
// refuses a value.
//
// With the argument "render", it writes the YAML document in each way that
// go-yaml can write it, because tools in Go write snap.yaml with go-yaml:
//
//	{"name": TEXT, "renderings": [BASE64, ...]}
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"

	yamlv2 "gopkg.in/yaml.v2"
	yamlv3 "gopkg.in/yaml.v3"

	"github.com/snapcore/snapd/snap"
)

type question struct {
	Name string `json:"name"`
	Yaml []byte `json:"yaml"`
}

type answer struct {
	Name       string         `json:"name"`
	RefusedAt  string         `json:"refusedAt"`
	Error      string         `json:"error"`
	Values     map[string]any `json:"values,omitempty"`
	Renderings [][]byte       `json:"renderings,omitempty"`
}

func main() {
	snap.SanitizePlugsSlots = func(*snap.Info) {}
	work := read
	if len(os.Args) == 2 && os.Args[1] == "render" {
		work = render
	}
	if err := answerAll(os.Stdin, os.Stdout, work); err != nil {
		fmt.Fprintln(os.Stderr, "snap-yaml-oracle:", err)
		os.Exit(1)
	}
}

func answerAll(in io.Reader, out io.Writer, work func(question) answer) error {
	questions, answers := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var one question
		err := questions.Decode(&one)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("cannot read a question: %w", err)
		}
		if err := answers.Encode(work(one)); err != nil {
			return err
		}
	}
}

func read(one question) (said answer) {
	said = answer{Name: one.Name}
	defer func() {
		if fault := recover(); fault != nil {
			said.RefusedAt, said.Error = "panic", fmt.Sprint(fault)
		}
	}()
	info, err := snap.InfoFromSnapYaml(one.Yaml)
	if err != nil {
		said.RefusedAt, said.Error = stageOf(err), err.Error()
		return said
	}
	said.Values = valuesOf(info)
	if err := snap.Validate(info); err != nil {
		said.RefusedAt, said.Error = "validate", err.Error()
	}
	return said
}

func stageOf(err error) string {
	switch text := err.Error(); {
	case strings.Contains(text, "yaml: unmarshal errors"), isAboutValues(text):
		return "type"
	case strings.Contains(text, "cannot parse snap.yaml: yaml: "):
		return "syntax"
	default:
		return "info"
	}
}

// isAboutValues tells whether go-yaml accepts the syntax but refuses the value of a field.
func isAboutValues(text string) bool {
	for _, sign := range []string{"cannot decode !", "map merge requires", "value contains itself", "invalid map key", "!!binary value"} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}

func valuesOf(info *snap.Info) map[string]any {
	apps, commonIDs, providers := []string{}, []string{}, []string{}
	for name, app := range info.Apps {
		apps = append(apps, name)
		if app.CommonID != "" {
			commonIDs = append(commonIDs, app.CommonID)
		}
	}
	plugs := []*snap.PlugInfo{}
	for _, plug := range info.Plugs {
		plugs = append(plugs, plug)
	}
	for name := range snap.DefaultContentProviders(plugs) {
		providers = append(providers, name)
	}
	assumes := append([]string{}, info.Assumes...)
	for _, list := range [][]string{apps, commonIDs, providers, assumes} {
		sort.Strings(list)
	}
	return map[string]any{
		"name": info.SuggestedName, "version": info.Version, "type": info.SnapType, "base": info.Base,
		"confinement": info.Confinement, "architectures": info.Architectures, "title": info.OriginalTitle,
		"summary": info.OriginalSummary, "description": info.OriginalDescription, "license": info.License,
		"epoch": map[string]any{"read": info.Epoch.Read, "write": info.Epoch.Write},
		"links": info.OriginalLinks, "provenance": info.SnapProvenance, "assumes": assumes,
		"apps": apps, "common-ids": commonIDs, "default-providers": providers,
	}
}

// render never fails: it omits the ways in which the document cannot be written.
func render(one question) answer {
	said := answer{Name: one.Name}
	add := func(text []byte, err error) {
		if err == nil {
			said.Renderings = append(said.Renderings, text)
		}
	}
	var ordered yamlv2.MapSlice
	if yamlv2.Unmarshal(one.Yaml, &ordered) == nil {
		add(yamlv2.Marshal(ordered))
	}
	for _, indent := range []int{2, 4, 9} {
		for _, style := range []yamlv3.Style{0, yamlv3.DoubleQuotedStyle, yamlv3.SingleQuotedStyle, yamlv3.LiteralStyle, yamlv3.FoldedStyle} {
			for _, flow := range []bool{false, true} {
				add(renderNode(one.Yaml, indent, style, flow))
			}
		}
	}
	return said
}

func renderNode(text []byte, indent int, style yamlv3.Style, flow bool) (out []byte, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("%v", fault)
		}
	}()
	var node yamlv3.Node
	if err := yamlv3.Unmarshal(text, &node); err != nil {
		return nil, err
	}
	restyle(&node, style, flow, 0)
	var written bytes.Buffer
	encoder := yamlv3.NewEncoder(&written)
	encoder.SetIndent(indent)
	if err := encoder.Encode(&node); err != nil {
		return nil, err
	}
	return written.Bytes(), encoder.Close()
}

// restyle changes how values are written, but not the values. Numbers and nulls are not changed.
func restyle(node *yamlv3.Node, style yamlv3.Style, flow bool, depth int) {
	if node.Kind == yamlv3.ScalarNode && node.ShortTag() == "!!str" && style != 0 {
		node.Style = style
	}
	if flow && depth > 1 && (node.Kind == yamlv3.MappingNode || node.Kind == yamlv3.SequenceNode) {
		node.Style = yamlv3.FlowStyle
	}
	for _, child := range node.Content {
		restyle(child, style, flow, depth+1)
	}
}
