package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"toolkit/serve"

	"github.com/spf13/cobra"
)

func (a *app) serveCommand() *cobra.Command {
	var listen string
	cmd := &cobra.Command{
		Use:   "serve [DIR]",
		Short: "Show a directory of outputs in a browser",
		Long: `Serve shows the report of a directory of outputs, and its tables: filtered and
sorted by any column, the rows of a host, the records of an alert; each also as
JSON and CSV. It only reads, and answers on this machine's loopback unless told
otherwise. Without DIR it shows OUT.`,
		Example: "  toolkit serve --listen 127.0.0.1:8080\n  curl 'http://127.0.0.1:8080/table/hosts?where=num_conns>100&sort=num_conns&desc=1&format=json'",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := a.out
			if len(args) > 0 {
				dir = args[0]
			}
			return a.serve(cmd.Context(), dir, listen)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8321", "`address` and port to listen at; port 0 takes any")
	return cmd
}

func (a *app) serve(ctx context.Context, dir, listen string) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return &usageError{"toolkit serve", fmt.Errorf("--listen %q is no address and port", listen)}
	}
	var names []string
	if host != "" {
		names = append(names, host)
	}
	s, err := serve.New(dir, names...)
	if err != nil {
		return err
	}
	defer s.Close()
	if a.dryRun {
		return nil
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("serving %s: %w", dir, err)
	}
	fmt.Fprintf(a.stdout, "http://%s/\n", l.Addr())
	if ip := l.Addr().(*net.TCPAddr).IP; !ip.IsLoopback() {
		a.warn("others can read these outputs at %s", l.Addr())
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 1 << 16}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	select {
	case err := <-done:
		if errors.Is(err, http.ErrServerClosed) {
			return nil
		}
		return fmt.Errorf("serving %s: %w", dir, err)
	case <-ctx.Done():
		stop, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(stop) // what is not done by then is cut off
		return nil
	}
}
