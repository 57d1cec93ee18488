package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/gate/report"
)

// outputs writes the outputs of the step, and the files that they name. The verdict is among them even where a file cannot be
// written.
func (d *delivery) outputs() error {
	o := report.OutputOptions{Exit: d.exit, CommentURL: d.url, Delimiter: "gate_" + rand.Text()}
	var err error
	if path := d.app.flags.output; path != "" {
		o.ReportPath, err = filepath.Abs(path)
	} else {
		o.ReportPath, err = d.file("gate-*.json", report.JSON)
	}
	d.fails("outputs", err)
	o.SARIFPath, err = d.file("gate-*.sarif", report.SARIF)
	d.fails("outputs", err)
	var b bytes.Buffer
	if err := report.Outputs(&b, d.answer.verdict, o); err != nil {
		return err
	}
	return appendTo(d.app.getenv("GITHUB_OUTPUT"), b.Bytes())
}

// file writes the report to a new file of the job, which only its user may read, and returns where it is.
func (d *delivery) file(name string, write func(io.Writer, *gate.Verdict, report.Options) error) (string, error) {
	var b bytes.Buffer
	if err := write(&b, d.answer.verdict, report.Options{Exit: d.exit, Origin: d.answer.origin}); err != nil {
		return "", err
	}
	file, err := os.CreateTemp(d.app.getenv("RUNNER_TEMP"), name)
	if err != nil {
		return "", err
	}
	_, err = file.Write(b.Bytes())
	if err = errors.Join(err, file.Close()); err != nil {
		return "", err
	}
	return file.Name(), nil
}

// What became of a deployment, as later steps are told; "" where that is not known, or none was ended.
const (
	deploymentSucceeded = "success" // it is on record, and its hosts show it
	deploymentFailed    = "failure"
	deploymentRefused   = "refused" // by the check
)

// deploymentOutput writes what became of a deployment to the outputs of the step.
func (a *app) deploymentOutput(became string) {
	if !a.reportsTo("outputs") {
		return
	}
	if err := appendTo(a.getenv("GITHUB_OUTPUT"), []byte("deployment="+became+"\n")); err != nil {
		a.warn("--github outputs: " + err.Error())
	}
}
