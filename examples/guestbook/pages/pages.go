// Package pages writes the guestbook's only page.
package pages

import (
	"embed"
	"html/template"
	"io"
)

//go:embed *.html
var files embed.FS

var templates = template.Must(template.ParseFS(files, "*.html"))

// Write writes the page with its entries.
func Write(w io.Writer, entries []string) error {
	return templates.ExecuteTemplate(w, "guestbook.html", entries)
}
