export interface InitialProjectOptions {
  /** The path of the JSON Schema of the configuration, absolute. */
  readonly schema: string;
  /** The payload that the project is laid over; undefined for none. */
  readonly payload?: string | undefined;
}

/** Returns the `virtbs.yaml` that a new project begins with. It works as it stands. */
export function initialProject({ schema, payload }: InitialProjectOptions): string {
  return `# yaml-language-server: $schema=${schema}
# What this project wants. In this folder and below it, \`virtbs cycle\` builds it and deploys on it.
# Every key: docs/reference/configuration.md. \`virtbs config\` shows where each value comes from.

${payload === undefined ? OWN : payloadPart(payload)}
# Layers of settings, merged left to right: \`virtbs config layers\` lists them.
# layers: roles,debian

# The number of the slice; --slice comes first. \`virtbs -s auto cycle\` takes a free one.
# slice: 1

# Roles of your own, or other settings for those that there are.
# machine_matrix:
#   roles:
#     worker: { memory: 256MiB, vcpu: 2 }
`;
}

const OWN = `# VMs: ROLE:COUNT. \`virtbs config roles\` lists the roles.
# worker-20 is the first worker: the number in a name is hexadecimal, so its address ends in .32.
topology: controller:1 worker:2

# What is done on them: each task as soon as those that it wants are done. \`virtbs tasks\` shows what is done already.
tasks:
  hello:
    on: all
    run: echo "hello from $(hostname)" > /tmp/hello
  verify:
    on: controller
    wants: [hello]
    run: cat /tmp/hello
`;

function payloadPart(payload: string): string {
  return `# The images, roles, topology and tasks that this project starts from. What stands below is laid over them.
payload: ${JSON.stringify(payload)}

# Other numbers of VMs: ROLE:COUNT. \`virtbs plan\` shows what there is.
# topology: controller:1 worker:2

# More tasks. \`virtbs tasks\` lists those that there are.
# tasks:
#   hello: { on: all, run: echo hello }
`;
}
