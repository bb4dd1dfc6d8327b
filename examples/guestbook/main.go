// A guestbook that forgets: entries live in memory.
package main

import (
	"log"
	"net/http"
	"os"
	"sync"

	"github.com/go-chi/chi/v5"

	"github.com/example/guestbook/pages"
)

type guestbook struct {
	sync.Mutex
	entries []string
}

func (book *guestbook) show(w http.ResponseWriter, _ *http.Request) {
	book.Lock()
	defer book.Unlock()
	if err := pages.Write(w, book.entries); err != nil {
		log.Print(err)
	}
}

func (book *guestbook) sign(w http.ResponseWriter, r *http.Request) {
	book.Lock()
	book.entries = append(book.entries, r.FormValue("name"))
	book.Unlock()
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func main() {
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	book := &guestbook{}
	router := chi.NewRouter()
	router.Get("/", book.show)
	router.Post("/", book.sign)
	log.Printf("listening on port %s", port)
	log.Fatal(http.ListenAndServe(":"+port, router))
}
