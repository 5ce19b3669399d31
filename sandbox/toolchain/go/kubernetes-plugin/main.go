// The Pulumi kubernetes plugin as a program of our own: upstream's main package
// embeds two generated files that its published module does not carry beside it.
// The toolchain copies both from the module's cmd folder before it builds this.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
)

//go:embed schema.json
var schema []byte

//go:embed terraform-mapping.json
var terraformMapping []byte

// version is set by the linker: the release that the pinned commit was tagged as.
var version string

func main() { provider.Serve("kubernetes", version, schema, terraformMapping) }
