// Package process tells what the system lets this process have, and what it has used.
package process
