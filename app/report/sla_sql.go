package report

// slaSums are the figures over rows of tickets, or over what happened in a month.
const slaSums = `count(*) filter (where fresh) as registered,
	count(*) filter (where fresh and response_due is not null) as owed, count(*) filter (where fresh and response_met) as answered,
	count(*) filter (where fresh and reopened) as reopened, count(*) filter (where fresh and invalid) as invalid,
	count(*) filter (where owes_response) as response_due, count(*) filter (where owes_response and response_met) as response_met,
	count(*) filter (where owes_solution) as solution_due, count(*) filter (where owes_solution and solution_met) as solution_met,
	count(*) filter (where owes_result) as result_due, count(*) filter (where owes_result and result_met) as result_met,
	percentile_cont(0.5) within group (order by responded) as median_response, percentile_cont(0.9) within group (order by responded) as slow_response,
	percentile_cont(0.5) within group (order by resolved) as median_result, percentile_cont(0.9) within group (order by resolved) as slow_result`

// slaTickets counts tickets in one pass: those of the period are gathered once, and counted by each dimension. A month
// counts what was registered in it, and what fell due in it. A ticket that was found invalid owes no result, nor does one
// that waits on its customer, whose limit stands still (SLA-2).
const slaTickets = `
with t as materialized (
	select t.kind, t.urgency, nullif(t.severity, '') as severity, b.zone_id, coalesce(t.handler_id, t.owner_id) as worker,
		x.fresh, x.owes_response, x.owes_solution, x.owes_result, t.reopened > 0 as reopened, t.state = 'invalid' as invalid,
		t.registered_at, t.response_due, t.solution_due, t.due_at,
		t.response_at <= t.response_due as response_met, t.solution_at <= t.solution_due as solution_met,
		coalesce(t.resolved_at, t.closed_at) <= t.due_at as result_met,
		case when x.fresh then extract(epoch from t.response_at - t.registered_at)::float8 end as responded,
		case when x.fresh then extract(epoch from t.resolved_at - t.registered_at)::float8 end as resolved
	from tickets t
	cross join lateral (select t.registered_at >= ?1 and t.registered_at < ?2 as fresh,
		t.response_due >= ?1 and t.response_due < ?2 and t.response_due <= ?3 as owes_response,
		t.solution_due >= ?1 and t.solution_due < ?2 and t.solution_due <= ?3 as owes_solution,
		t.due_at >= ?1 and t.due_at < ?2 and t.due_at <= ?3 and t.state <> 'invalid' as owes_result) x
	left join households h on h.id = t.household_id left join buildings b on b.id = h.building_id
	where t.site_id = ?0 and (x.fresh or x.owes_response or x.owes_solution or x.owes_result)),
months as (
	select date_trunc('month', registered_at at time zone ?4) as month, true as fresh, false as owes_response, false as owes_solution, false as owes_result,
		response_due, reopened, invalid, response_met, solution_met, result_met, responded, resolved from t where fresh
	union all select date_trunc('month', response_due at time zone ?4), false, true, false, false, null, false, false, response_met, null, null, null, null
		from t where owes_response
	union all select date_trunc('month', solution_due at time zone ?4), false, false, true, false, null, false, false, null, solution_met, null, null, null
		from t where owes_solution
	union all select date_trunc('month', due_at at time zone ?4), false, false, false, true, null, false, false, null, null, result_met, null, null
		from t where owes_result),
sums as (
	select case grouping(kind, urgency, severity, zone_id, worker) when 31 then 'all' when 15 then 'kind' when 23 then 'urgency' when 27 then 'severity'
			when 29 then 'zone' else 'person' end as dim,
		coalesce(kind, urgency, severity, zone_id::text, worker::text, '') as key, zone_id, worker, ` + slaSums + `
	from t group by grouping sets ((), (kind), (urgency), (severity), (zone_id), (worker))
	union all
	select 'month', to_char(month, 'YYYY-MM'), null, null, ` + slaSums + ` from months group by month)
select s.dim, s.key, coalesce(z.name, w.name, '') as name, s.registered, s.owed, s.answered, s.reopened, s.invalid, s.response_due, s.response_met,
	s.solution_due, s.solution_met, s.result_due, s.result_met, s.median_response, s.slow_response, s.median_result, s.slow_result
from sums s left join zones z on z.id = s.zone_id left join staff w on w.id = s.worker
where s.dim <> 'severity' or s.key <> ''
order by s.dim, case when s.dim in ('kind', 'person') then -s.registered end,
	case when s.dim = 'severity' then array_position(array['minor', 'important', 'major'], s.key) end, z.code, s.key`

// slaOrders counts service orders by department. A rejected one was answered when it was rejected, which overdue_at judged
// then; one that was withdrawn owes nothing.
const slaOrders = `
with o as (
	select o.department_id, x.fresh, x.owes, o.state = 'rejected' as rejected,
		case when o.state = 'rejected' then o.overdue_at is null else o.done_at <= o.due_at end as met,
		case when x.fresh then extract(epoch from o.accepted_at - o.sent_at)::float8 end as accepted,
		case when x.fresh then extract(epoch from o.done_at - o.sent_at)::float8 end as done
	from orders o
	cross join lateral (select o.sent_at >= ?1 and o.sent_at < ?2 as fresh,
		o.due_at >= ?1 and o.due_at < ?2 and o.due_at <= ?3 and o.state <> 'withdrawn' as owes) x
	where o.site_id = ?0 and (x.fresh or x.owes))
select 'department' as dim, d.code as key, d.name, count(*) filter (where fresh) as registered, count(*) filter (where fresh and rejected) as invalid,
	count(*) filter (where owes) as result_due, count(*) filter (where owes and met) as result_met,
	percentile_cont(0.5) within group (order by accepted) as median_response, percentile_cont(0.9) within group (order by accepted) as slow_response,
	percentile_cont(0.5) within group (order by done) as median_result, percentile_cont(0.9) within group (order by done) as slow_result
from o join departments d on d.id = o.department_id group by d.id order by count(*) filter (where fresh) desc, d.code`

// slaOpen counts what is open now by age, whenever it was registered.
const slaOpen = `
select coalesce(kind, '') as kind, count(*) as total, count(*) filter (where due_at <= ?3 and lane <> 'resolved') as overdue,
	count(*) filter (where age < interval '1 day') as day, count(*) filter (where age >= interval '1 day' and age < interval '3 days') as three,
	count(*) filter (where age >= interval '3 days' and age < interval '7 days') as week,
	count(*) filter (where age >= interval '7 days' and age < interval '30 days') as month, count(*) filter (where age >= interval '30 days') as older
from (select kind, lane, due_at, ?3::timestamptz - registered_at as age from tickets where site_id = ?0 and lane is not null and registered_at <= ?3) t
group by grouping sets ((), (kind)) order by grouping(kind) desc, total desc, kind`
