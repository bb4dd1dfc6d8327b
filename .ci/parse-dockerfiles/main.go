// Says what BuildKit reads in Dockerfiles and .dockerignore files, as JSON: the judge of tests/names.rs in the gate.
//
// In: a list of {"dockerfile", "dockerignore", "paths"}. Out: for each {"instructions", "hidden"}, or {"error"}.
// An instruction is a list of strings: its name, then `key=value` for each part, with everything unquoted.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

type input struct {
	Dockerfile   string   `json:"dockerfile"`
	Dockerignore string   `json:"dockerignore"`
	Paths        []string `json:"paths"`
}

type output struct {
	Instructions [][]string `json:"instructions,omitempty"`
	Hidden       []bool     `json:"hidden,omitempty"`
	Error        string     `json:"error,omitempty"`
}

// variables shows every variable that would be filled in.
type variables struct{}

func (variables) Get(name string) (string, bool) { return "{" + name + "}", true }
func (variables) Keys() []string                 { return nil }

func expand(word string) (string, error) {
	filled, _, err := shell.NewLex('\\').ProcessWord(word, variables{})
	return filled, err
}

func main() {
	var inputs []input
	if err := json.NewDecoder(os.Stdin).Decode(&inputs); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	outputs := make([]output, 0, len(inputs))
	for _, in := range inputs {
		out, err := read(in)
		if err != nil {
			out = output{Error: err.Error()}
		}
		outputs = append(outputs, out)
	}
	if err := json.NewEncoder(os.Stdout).Encode(outputs); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func read(in input) (out output, err error) {
	parsed, err := parser.Parse(strings.NewReader(in.Dockerfile))
	if err != nil {
		return out, err
	}
	stages, arguments, err := instructions.Parse(parsed.AST, nil)
	if err != nil {
		return out, err
	}
	for _, argument := range arguments {
		if err := argument.Expand(expand); err != nil {
			return out, err
		}
		out.Instructions = append(out.Instructions, pairs("ARG", argument.Args))
	}
	for _, stage := range stages {
		base, err := expand(stage.BaseName)
		if err != nil {
			return out, err
		}
		from := []string{"FROM", "base=" + base, "name=" + stage.Name, "platform=" + stage.Platform}
		out.Instructions = append(out.Instructions, from)
		for _, command := range stage.Commands {
			parts, err := instruction(command)
			if err != nil {
				return out, err
			}
			out.Instructions = append(out.Instructions, parts)
		}
	}
	out.Hidden, err = hidden(in)
	return out, err
}

func instruction(command instructions.Command) ([]string, error) {
	if expandable, ok := command.(instructions.SupportsSingleWordExpansion); ok {
		if err := expandable.Expand(expand); err != nil {
			return nil, err
		}
	}
	parts := []string{strings.ToUpper(command.Name())}
	add := func(key string, values ...string) {
		for _, value := range values {
			parts = append(parts, key+"="+value)
		}
	}
	switch c := command.(type) {
	case *instructions.RunCommand:
		for _, mount := range instructions.GetMounts(c) {
			env := ""
			if mount.Env != nil {
				env = *mount.Env
			}
			add("mount", fmt.Sprintf("type=%s|from=%s|source=%s|target=%s|id=%s|sharing=%s|env=%s",
				mount.Type, mount.From, mount.Source, mount.Target, mount.CacheID, mount.CacheSharing, env))
		}
		add(commandKey(c.PrependShell), c.CmdLine...)
	case *instructions.CopyCommand:
		add("from", c.From)
		add("link", fmt.Sprint(c.Link))
		add("exclude", c.ExcludePatterns...)
		for _, source := range c.SourcePaths {
			add("source", literal(source))
		}
		for _, content := range c.SourceContents {
			add("content", content.Data)
		}
		add("target", c.DestPath)
	case *instructions.EnvCommand:
		for _, pair := range c.Env {
			add(pair.Key, pair.Value)
		}
	case *instructions.LabelCommand:
		for _, pair := range c.Labels {
			add(pair.Key, pair.Value)
		}
	case *instructions.ArgCommand:
		return pairs("ARG", c.Args), nil
	case *instructions.WorkdirCommand:
		add("path", c.Path)
	case *instructions.UserCommand:
		add("user", c.User)
	case *instructions.ExposeCommand:
		add("port", c.Ports...)
	case *instructions.CmdCommand:
		add(commandKey(c.PrependShell), c.CmdLine...)
	case *instructions.EntrypointCommand:
		add(commandKey(c.PrependShell), c.CmdLine...)
	case *instructions.HealthCheckCommand:
		add("test", c.Health.Test...)
	default:
		return nil, fmt.Errorf("no instruction that dockgen writes: %s", command.Name())
	}
	return parts, nil
}

func commandKey(shell bool) string {
	if shell {
		return "shell"
	}
	return "exec"
}

func pairs(name string, arguments []instructions.KeyValuePairOptional) []string {
	parts := []string{name}
	for _, argument := range arguments {
		parts = append(parts, argument.Key+"="+argument.ValueString())
	}
	return parts
}

// literal is the one path that a COPY source stands for; BuildKit takes what has a wildcard for a pattern.
func literal(source string) string {
	if !strings.ContainsAny(source, "*?[") {
		return source
	}
	path := strings.NewReplacer("[[]", "[", "[*]", "*", "[?]", "?", `[\\]`, `\`).Replace(source)
	if matches, err := filepath.Match(source, path); err != nil || !matches {
		return "pattern " + source
	}
	return path
}

func hidden(in input) ([]bool, error) {
	patterns, err := ignorefile.ReadAll(strings.NewReader(in.Dockerignore))
	if err != nil {
		return nil, err
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		return nil, err
	}
	found := make([]bool, 0, len(in.Paths))
	for _, path := range in.Paths {
		hides, err := matcher.MatchesOrParentMatches(path)
		if err != nil {
			return nil, err
		}
		found = append(found, hides)
	}
	return found, nil
}
