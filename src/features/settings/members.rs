//! Who belongs to the team, with which role, and the link that lets somebody in.

use hookboard_api::{
    account::{Member, MemberDraft, Role, SignInLink},
    name::check_name,
};
use leptos::{prelude::*, task::spawn_local};

use super::{
    frame::SettingsFrame,
    head::ListHead,
    removal::{Doomed, Removal, Words},
};
use crate::{
    client::{calls, use_client, use_team},
    features::{lists::whole_list, palette::on_command},
    route::{Room, Route, use_router},
    ui::{
        board::{Board, Column},
        button::{Button, ButtonKind, IconButton},
        clipboard::copy,
        dialog::Dialog,
        feedback::{Callout, Empty},
        field::{Select, SelectField, TextDraft, TextField},
        icon::Glyph,
        ids::new_id,
        rows::follow,
        status::Tone,
        time::{Ago, Countdown},
        toast::use_toasts,
    },
};

const COLUMNS: [Column; 4] = [("Name", ""), ("Role", ""), ("Last seen", ""), ("Actions", "col-act")];

const REMOVE: Words = Words {
    verb: "Remove",
    busy: "Removing…",
    done: "Removed",
    action: "Remove member",
    text: "Their keys no longer reach this team. What they made stays.",
};

/// The roles with what each may do.
fn roles() -> Vec<(String, String)> {
    [
        (Role::Viewer, "Viewer: reads"),
        (Role::Member, "Member: also tests and redelivers"),
        (Role::Admin, "Admin: also changes everything"),
    ]
    .map(|(role, words)| (role.as_str().to_owned(), words.to_owned()))
    .to_vec()
}

/// The members.
#[component]
pub fn MembersPage(
    /// The team's name.
    entity: String,
) -> impl IntoView {
    let (client, team, toasts) = (use_client(), use_team(), use_toasts());
    let admin = team.refusal(Role::Admin);
    let path = calls::team(&entity, "members");
    let (rows, listing) = whole_list::<Member>(client, {
        let path = path.clone();
        move || Some(path.clone())
    });
    let doomed = RwSignal::new(None::<Doomed>);
    let invited = RwSignal::new(None::<String>);
    let adding = RwSignal::new(false);
    on_command("member", move || adding.set(true));
    let list = StoredValue::new(path.clone());
    // Counts refusals: what was chosen then gives way to what holds.
    let refusals = RwSignal::new(0_u32);
    let set_role = move |user: &str, role: Role| {
        let (path, user) = (list.with_value(|list| calls::below(list, user)), user.to_owned());
        spawn_local(async move {
            match client.put::<Member>(&path, &MemberDraft { role }, None).await {
                Ok(_) => toasts.say(Glyph::Users, format!("{user} is {} now", role.as_str())),
                Err(error) => {
                    toasts.fail(error.words());
                    refusals.try_update(|refusals| *refusals += 1);
                }
            }
            // In either case what the server has is what shows.
            let _ = list.try_with_value(|list| client.changed(list));
        });
    };
    let row = move |member: Member| {
        let user = member.user.clone();
        let member = follow(rows, member, |one, other| one.user == other.user);
        let (changed, linked) = (user.clone(), user.clone());
        let gone = Doomed { name: user.clone(), path: list.with_value(|list| calls::below(list, &user)) };
        view! {
            <tr role="row">
                <th role="rowheader" scope="row">
                    <span class="row-title">{user.clone()}</span>
                </th>
                <td role="cell">
                    {live(move || {
                        refusals.track();
                        let (changed, role) = (changed.clone(), member.with(|member| member.role));
                        if admin.with(Option::is_some) {
                            return role.as_str().into_any();
                        }
                        view! {
                            <Select
                                id=new_id()
                                name=format!("Role of {changed}")
                                small=true
                                value=role.as_str()
                                choices=roles()
                                on_choose=move |word: String| {
                                    if let Some(role) = Role::parse(&word) {
                                        set_role(&changed, role);
                                    }
                                }
                            />
                        }
                            .into_any()
                    })}
                </td>
                <td role="cell" class="nowrap">
                    {live(move || match member.with(|member| member.last_seen_at.clone()) {
                        Some(at) => view! { <Ago at=at /> }.into_any(),
                        None => view! { <span class="muted">"Never seen"</span> }.into_any(),
                    })}
                </td>
                <td role="cell" class="col-act">
                    <span class="row">
                        <Button
                            kind=ButtonKind::Quiet
                            small=true
                            glyph=Glyph::Key
                            refused=admin
                            on_press=move || invited.set(Some(linked.clone()))
                        >
                            "Sign-in link…"
                        </Button>
                        <IconButton
                            glyph=Glyph::Trash
                            label=format!("Remove {user}")
                            refused=admin
                            on_press=move || doomed.set(Some(gone.clone()))
                        />
                    </span>
                </td>
            </tr>
        }
    };
    view! {
        <SettingsFrame entity=entity room=Room::Members>
            <div class="section section--first">
                <ListHead
                    title="Members"
                    count=Signal::derive(move || listing.state.with(|list| list.rows))
                    about="A viewer reads, a member also tests and redelivers, an admin changes everything."
                >
                    <Button glyph=Glyph::Plus refused=admin on_press=move || adding.set(true)>
                        "Add member"
                    </Button>
                </ListHead>
                <Board
                    label="Members"
                    listing=listing
                    class="table--cards table--members"
                    columns=&COLUMNS
                    empty=|| view! { <Empty title="No members" text="Add the first one." /> }.into_any()
                >
                    <For each=move || rows.get() key=|row| row.user.clone() children=row />
                </Board>
            </div>
            <AddDialog open=adding rows=rows list=path.clone() on_added=move |user: String| invited.set(Some(user)) />
            <LinkDialog of=invited list=path.clone() />
            <Removal of=doomed words=REMOVE list=path />
        </SettingsFrame>
    }
}

/// Asks for a name and a role.
#[component]
fn AddDialog(
    open: RwSignal<bool>,
    rows: Memo<Vec<Member>>,
    list: String,
    #[prop(into)] on_added: Callback<String>,
) -> impl IntoView {
    let client = use_client();
    let name = TextDraft::new("");
    let role = RwSignal::new(Role::Member);
    let busy = RwSignal::new(None::<&'static str>);
    let list = StoredValue::new(list);
    Effect::new(move || {
        if open.get() {
            name.set("");
            role.set(Role::Member);
        }
    });
    let add = move || {
        let user = name.get_untracked().trim().to_owned();
        name.judge(check_name(&user, hookboard_api::limits::MAX_NAME, "/user").map(|fault| fault.message));
        if rows.with_untracked(|rows| rows.iter().any(|member| member.user == user)) {
            name.fail("This person is in the team already. Change the role in the list.");
        }
        if name.error().with_untracked(Option::is_some) || busy.get_untracked().is_some() {
            return;
        }
        let path = list.with_value(|list| calls::below(list, &user));
        busy.set(Some("Adding…"));
        spawn_local(async move {
            let answer = client.put::<Member>(&path, &MemberDraft { role: role.get_untracked() }, None).await;
            busy.try_set(None);
            match answer {
                Ok(_) => {
                    let _ = list.try_with_value(|list| client.changed(list));
                    open.try_set(false);
                    on_added.try_run(user);
                }
                Err(error) => name.fail(error.words()),
            }
        });
    };
    let body = move || {
        view! {
            <TextField label="User name" hint="Events and changes name it." draft=name />
            <SelectField
                label="Role"
                value=Signal::derive(move || role.get().as_str().to_owned())
                choices=roles()
                on_choose=move |word: String| role.set(Role::parse(&word).unwrap_or(Role::Member))
            />
        }
        .into_any()
    };
    let foot = move || {
        view! {
            <Button on_press=move || open.set(false)>"Cancel"</Button>
            <Button kind=ButtonKind::Primary submit=true busy=busy>
                "Add member"
            </Button>
        }
        .into_any()
    };
    view! { <Dialog open=open title=|| "Add a member".into_any() glyph=Glyph::Users on_submit=add body=body foot=foot /> }
}

/// Makes a sign-in link for a member, and shows it this once.
#[component]
fn LinkDialog(of: RwSignal<Option<String>>, list: String) -> impl IntoView {
    let (client, router, toasts) = (use_client(), use_router(), use_toasts());
    let open = RwSignal::new(false);
    let made = RwSignal::new(None::<Result<SignInLink, String>>);
    let list = StoredValue::new(list);
    Effect::new(move || {
        let Some(user) = of.get() else { return };
        made.set(None);
        open.set(true);
        let path = list.with_value(|list| calls::below(list, &user)) + "/link";
        spawn_local(async move {
            let answer = client.post::<SignInLink>(&path, &()).await;
            if of.try_get_untracked().flatten() == Some(user) {
                made.set(Some(answer.map_err(|error| error.words())));
            }
        });
    });
    Effect::new(move || {
        if !open.get() {
            of.set(None);
            made.set(None);
        }
    });
    let address = move |code: &str| {
        let origin = web_sys::window().and_then(|window| window.location().origin().ok()).unwrap_or_default();
        format!("{origin}{}#code={code}", router.href(&Route::Start))
    };
    let body = move || {
        let shown = move || match made.get() {
            None => view! { <p class="muted" role="status">"Making a link…"</p> }.into_any(),
            Some(Err(why)) => view! { <p class="field__error" role="alert">{why}</p> }.into_any(),
            Some(Ok(link)) => {
                let address = address(&link.code);
                let copied = address.clone();
                view! {
                    <Callout tone=Tone::Info glyph=Glyph::Key>
                        "Give it to nobody else. It signs in once and ends " <Countdown at=link.expires_at />
                        ". It is not shown again."
                    </Callout>
                    <div class="codeblock" tabindex="0" role="region" aria-label="Sign-in link" data-wrap="">
                        <pre>
                            <code>{address}</code>
                        </pre>
                    </div>
                    <Button
                        glyph=Glyph::Copy
                        on_press=move || copy(toasts, copied.clone(), "The link is copied".to_owned())
                    >
                        "Copy link"
                    </Button>
                }
                .into_any()
            }
        };
        live(shown).into_any()
    };
    let foot = move || {
        view! {
            <Button kind=ButtonKind::Primary on_press=move || open.set(false)>
                "Done"
            </Button>
        }
        .into_any()
    };
    let title = move || {
        let user = of.get_untracked().unwrap_or_default();
        view! { {format!("Sign-in link for {user}")} }.into_any()
    };
    view! { <Dialog open=open title=title glyph=Glyph::Key body=body foot=foot /> }
}
