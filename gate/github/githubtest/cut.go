//go:build ignore

// Command cut makes testdata from what GitHub publishes: its OpenAPI description, cut to the operations that gate uses, and
// payloads of its webhooks, cut to what tells one from another. It is given the folders of two npm packages,
// @octokit/openapi (23.0.2) and @octokit/webhooks-examples (7.6.1):
//
//	go run cut.go OPENAPI WEBHOOKS
//
// An operation that gate comes to use gets a line in operations.
package main

import (
	"bytes"
	"encoding/json"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

var operations = map[string][]string{
	"/repos/{owner}/{repo}":                                      {"get"},
	"/repos/{owner}/{repo}/actions/jobs/{job_id}":                {"get"},
	"/repos/{owner}/{repo}/actions/permissions/workflow":         {"get"},
	"/repos/{owner}/{repo}/actions/runs":                         {"get"},
	"/repos/{owner}/{repo}/actions/secrets":                      {"get"},
	"/repos/{owner}/{repo}/actions/workflows":                    {"get"},
	"/repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs": {"get"},
	"/repos/{owner}/{repo}/branches/{branch}":                    {"get"},
	"/repos/{owner}/{repo}/branches/{branch}/protection":         {"get"},
	"/repos/{owner}/{repo}/commits/{ref}/check-runs":             {"get"},
	"/repos/{owner}/{repo}/deployments":                          {"get", "post"},
	"/repos/{owner}/{repo}/deployments/{deployment_id}/statuses": {"get", "post"},
	"/repos/{owner}/{repo}/environments/{environment_name}":      {"get"},
	"/repos/{owner}/{repo}/issues":                               {"get", "post"},
	"/repos/{owner}/{repo}/issues/{issue_number}":                {"patch"},
	"/repos/{owner}/{repo}/issues/{issue_number}/comments":       {"get", "post"},
	"/repos/{owner}/{repo}/issues/comments/{comment_id}":         {"get", "patch", "delete"},
	"/repos/{owner}/{repo}/pulls/{pull_number}/files":            {"get"},
	"/repos/{owner}/{repo}/rules/branches/{branch}":              {"get"},
}

// dropped are what checks nothing. A property may have such a name too: see cut.
var dropped = []string{"description", "summary", "example", "examples", "externalDocs", "tags", "operationId"}

type object = map[string]any

func main() {
	var doc object
	read(filepath.Join(os.Args[1], "generated/api.github.com.json"), &doc)
	write("testdata/openapi.json", cutDescription(doc))
	var webhooks []struct {
		Name     string
		Examples []object
	}
	read(filepath.Join(os.Args[2], "api.github.com/index.json"), &webhooks)
	for _, w := range webhooks {
		switch w.Name {
		case "push", "workflow_dispatch", "merge_group", "pull_request":
			write("testdata/event/"+w.Name+".json", cutPayload(w.Examples[0]))
		}
		if w.Name == "pull_request" { // GitHub has no example of one from a fork: it is this, with another head
			head := w.Examples[0]["pull_request"].(object)["head"].(object)
			repo := head["repo"].(object)
			repo["id"], repo["full_name"], repo["fork"] = 1296269, "octocat/Hello-World", true
			repo["owner"].(object)["login"] = "octocat"
			write("testdata/event/pull_request_fork.json", cutPayload(w.Examples[0]))
		}
	}
}

// cutDescription returns a description with the operations that are used, and the components that these refer to.
func cutDescription(doc object) object {
	paths, components := object{}, object{}
	queue := []any{}
	for path, methods := range operations {
		item := object{}
		for _, method := range methods {
			operation := cut(doc["paths"].(object)[path].(object)[method], false)
			item[method] = operation
			queue = append(queue, operation)
		}
		paths[path] = item
	}
	for len(queue) > 0 {
		for _, ref := range refs(queue[0]) {
			kind, name, _ := strings.Cut(strings.TrimPrefix(ref, "#/components/"), "/")
			if components[kind] == nil {
				components[kind] = object{}
			}
			if components[kind].(object)[name] == nil {
				component := cut(doc["components"].(object)[kind].(object)[name], false)
				components[kind].(object)[name] = component
				queue = append(queue, component)
			}
		}
		queue = queue[1:]
	}
	info := doc["info"].(object)
	return object{
		"openapi": doc["openapi"], "paths": paths, "components": components,
		"info": object{"title": info["title"], "version": info["version"], "license": info["license"]},
	}
}

// cut returns a value without what checks nothing. The keys of names are names, whatever they say.
func cut(value any, names bool) any {
	switch v := value.(type) {
	case []any:
		list := []any{}
		for _, item := range v {
			list = append(list, cut(item, false))
		}
		return list
	case object:
		kept := object{}
		for key, item := range v {
			if names || !slices.Contains(dropped, key) && !strings.HasPrefix(key, "x-") {
				kept[key] = cut(item, key == "properties" || key == "headers" || key == "responses")
			}
		}
		if _, is := v["description"].(string); is && !names && v["type"] == nil && v["in"] == nil {
			kept["description"] = "" // a response must have one
		}
		return kept
	}
	return value
}

func refs(value any) []string {
	var found []string
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			found = append(found, refs(item)...)
		}
	case object:
		if ref, ok := v["$ref"].(string); ok {
			found = append(found, ref)
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			found = append(found, refs(v[key])...)
		}
	}
	return found
}

// cutPayload returns a payload without its addresses, and without what is there for people.
func cutPayload(value any) any {
	switch v := value.(type) {
	case []any:
		list := []any{}
		for _, item := range v {
			list = append(list, cutPayload(item))
		}
		return list
	case object:
		kept := object{}
		for key, item := range v {
			if !strings.HasSuffix(key, "url") && !strings.HasSuffix(key, "_count") && !strings.HasPrefix(key, "has_") && key != "_links" {
				kept[key] = cutPayload(item)
			}
		}
		return kept
	}
	return value
}

func read(path string, v any) {
	data, err := os.ReadFile(path)
	if err == nil {
		d := json.NewDecoder(bytes.NewReader(data))
		d.UseNumber()
		err = d.Decode(v)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func write(path string, v any) {
	data, err := json.MarshalIndent(v, "", " ")
	if err == nil {
		err = os.WriteFile(path, append(data, '\n'), 0o644)
	}
	if err != nil {
		log.Fatal(err)
	}
}
