"""The policies: reusable ones, which the application refers to by id.

A session's length is set on each: left out, it is Cloudflare's 24 hours, whatever the application says. Entries are in
order, so that their order in the configuration is no change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_cloudflare as cloudflare

if TYPE_CHECKING:
    from components.access_application.args import AccessApplicationArgs, MachineClientArgs, PeopleArgs


def people_policy(name: str, args: AccessApplicationArgs, parent: pulumi.Resource) -> cloudflare.ZeroTrustAccessPolicy:
    """Let the people in who have proved who they are to the identity provider."""
    return cloudflare.ZeroTrustAccessPolicy(
        f"{name}-people",
        account_id=args.account_id,
        name=f"{args.host} people",
        decision="allow",
        includes=_included(args.people),
        session_duration=args.session_duration,
        opts=pulumi.ResourceOptions(parent=parent),
    )


def service_token(
    name: str, args: AccessApplicationArgs, machine: MachineClientArgs, parent: pulumi.Resource
) -> cloudflare.ZeroTrustAccessServiceToken:
    """Make the token of one program; a new version of its secret leaves the token, and so its policy, as they are.

    The provider takes a version only together with the end of the previous secret, so the first one goes unsaid.
    """
    return cloudflare.ZeroTrustAccessServiceToken(
        f"{name}-token-{machine.name}",
        account_id=args.account_id,
        name=f"{args.host} {machine.name}",
        duration=machine.duration,
        client_secret_version=machine.secret_version if machine.previous_secret_expires_at else None,
        previous_client_secret_expires_at=machine.previous_secret_expires_at,
        opts=pulumi.ResourceOptions(parent=parent),
    )


def machine_policy(
    name: str,
    args: AccessApplicationArgs,
    machine: MachineClientArgs,
    token: cloudflare.ZeroTrustAccessServiceToken,
    parent: pulumi.Resource,
) -> cloudflare.ZeroTrustAccessPolicy:
    """Let one program in by its token and nothing else."""
    by_token = cloudflare.ZeroTrustAccessPolicyIncludeServiceTokenArgs(token_id=token.id)
    return cloudflare.ZeroTrustAccessPolicy(
        f"{name}-machine-{machine.name}",
        account_id=args.account_id,
        name=f"{args.host} machine {machine.name}",
        # What the dashboard calls Service Auth: no login page, the token is the proof.
        decision="non_identity",
        includes=[cloudflare.ZeroTrustAccessPolicyIncludeArgs(service_token=by_token)],
        session_duration=args.session_duration,
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _included(people: PeopleArgs) -> list[cloudflare.ZeroTrustAccessPolicyIncludeArgs]:
    """One entry names one thing: the API refuses two in one."""
    include = cloudflare.ZeroTrustAccessPolicyIncludeArgs
    return [
        *(
            include(email=cloudflare.ZeroTrustAccessPolicyIncludeEmailArgs(email=email))
            for email in sorted(people.emails)
        ),
        *(
            include(email_domain=cloudflare.ZeroTrustAccessPolicyIncludeEmailDomainArgs(domain=domain))
            for domain in sorted(people.email_domains)
        ),
        *(include(group=cloudflare.ZeroTrustAccessPolicyIncludeGroupArgs(id=group)) for group in sorted(people.groups)),
    ]
