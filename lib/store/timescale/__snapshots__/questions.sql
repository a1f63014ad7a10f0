-- samples themselves, by seconds
with parts as (
  select p.series_id, p.ts, 1 as n, summable(p.value) as sum, p.value as min, p.value as max, p.value as first, round(date_part('epoch', p.ts) * 1000) as first_at, p.value as last, round(date_part('epoch', p.ts) * 1000) as last_at, 0::float8 as increase, 0::float8 as elapsed
  from "samples" p
  where p.ts >= «2026-11-20T00:00:00.000Z»::timestamptz and p.ts < «2026-11-20T00:10:00.000Z»::timestamptz and p.series_id = any(«{1,2,3,4}»::int4[])
)
select grp, round(date_part('epoch', t) * 1000), "avg"
from (
  select 0 as grp, date_bin('10000 milliseconds', ts, '1970-01-01T00:00:00.000Z') as t, sum(sum) / (sum(n)) as avg
  from parts
  group by 1, 2
) points
where grp >= 0
order by grp, t
limit «2000001»;

-- minutes
with parts as (
  select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
  from "rollup_minute" p
  where p.ts >= «2026-11-20T00:00:00.000Z»::timestamptz and p.ts < «2026-11-20T05:00:00.000Z»::timestamptz and p.metric_id = «1»
  union all
  select p.series_id, p.ts, 1 as n, summable(p.value) as sum, p.value as min, p.value as max, p.value as first, round(date_part('epoch', p.ts) * 1000) as first_at, p.value as last, round(date_part('epoch', p.ts) * 1000) as last_at, 0::float8 as increase, 0::float8 as elapsed
  from "samples" p
  where p.ts >= «2026-11-20T05:00:00.000Z»::timestamptz and p.ts < «2026-11-20T06:00:00.000Z»::timestamptz and p.series_id = any(«{1,2,3,4}»::int4[])
)
select grp, round(date_part('epoch', t) * 1000), "avg","min","max","count"
from (
  select 0 as grp, date_bin('60000 milliseconds', ts, '1970-01-01T00:00:00.000Z') as t, sum(sum) / (sum(n)) as avg, min(min) as min, max(max) as max, sum(n)::float8 as count
  from parts
  group by 1, 2
) points
where grp >= 0
order by grp, t
limit «2000001»;

-- hours
with parts as (
  select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
  from "rollup_hour" p
  where p.ts >= «2026-11-18T00:00:00.000Z»::timestamptz and p.ts < «2026-11-20T00:00:00.000Z»::timestamptz and p.metric_id = «1»
)
select grp, round(date_part('epoch', t) * 1000), "sum"
from (
  select 0 as grp, date_bin('3600000 milliseconds', ts, '1970-01-01T00:00:00.000Z') as t, sum(sum) as sum
  from parts
  group by 1, 2
) points
where grp >= 0
order by grp, t
limit «2000001»;

-- days, the last of them not rolled up yet
with parts as (
  select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
  from "rollup_day" p
  where p.ts >= «2026-10-21T00:00:00.000Z»::timestamptz and p.ts < «2026-11-20T00:00:00.000Z»::timestamptz and p.metric_id = «1»
  union all
  select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
  from "rollup_hour" p
  where p.ts >= «2026-11-20T00:00:00.000Z»::timestamptz and p.ts < «2026-11-20T05:00:00.000Z»::timestamptz and p.metric_id = «1»
  union all
  select p.series_id, p.ts, 1 as n, summable(p.value) as sum, p.value as min, p.value as max, p.value as first, round(date_part('epoch', p.ts) * 1000) as first_at, p.value as last, round(date_part('epoch', p.ts) * 1000) as last_at, 0::float8 as increase, 0::float8 as elapsed
  from "samples" p
  where p.ts >= «2026-11-20T05:00:00.000Z»::timestamptz and p.ts < «2026-11-21T00:00:00.000Z»::timestamptz and p.series_id = any(«{1,2,3,4}»::int4[])
)
select grp, round(date_part('epoch', t) * 1000), "last"
from (
  select 0 as grp, date_bin('86400000 milliseconds', ts, '1970-01-01T00:00:00.000Z') as t, (max(array[last_at, last]))[2] as last
  from parts
  group by 1, 2
) points
where grp >= 0
order by grp, t
limit «2000001»;

-- months, of which each is as long as it is
with parts as (
  select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
  from "rollup_day" p
  where p.ts >= «2026-11-01T00:00:00.000Z»::timestamptz and p.ts < «2026-11-20T00:00:00.000Z»::timestamptz and p.metric_id = «1»
  union all
  select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
  from "rollup_hour" p
  where p.ts >= «2026-11-20T00:00:00.000Z»::timestamptz and p.ts < «2026-11-20T05:00:00.000Z»::timestamptz and p.metric_id = «1»
  union all
  select p.series_id, p.ts, 1 as n, summable(p.value) as sum, p.value as min, p.value as max, p.value as first, round(date_part('epoch', p.ts) * 1000) as first_at, p.value as last, round(date_part('epoch', p.ts) * 1000) as last_at, 0::float8 as increase, 0::float8 as elapsed
  from "samples" p
  where p.ts >= «2026-11-20T05:00:00.000Z»::timestamptz and p.ts < «2026-12-02T00:00:00.000Z»::timestamptz and p.series_id = any(«{1,2,3,4}»::int4[])
)
select grp, t, "avg"
from (
  select 0 as grp, width_bucket(ts, '{"2026-11-01T00:00:00.000Z","2026-12-01T00:00:00.000Z"}'::timestamptz[]) as t, sum(sum) / (sum(n)) as avg
  from parts
  group by 1, 2
) points
where grp >= 0
order by grp, t
limit «2000001»;

-- some series of a metric
with parts as (
  select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
  from "rollup_minute" p
  where p.ts >= «2026-11-20T00:00:00.000Z»::timestamptz and p.ts < «2026-11-20T05:00:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = any(«{1,3}»::int4[])
  union all
  select p.series_id, p.ts, 1 as n, summable(p.value) as sum, p.value as min, p.value as max, p.value as first, round(date_part('epoch', p.ts) * 1000) as first_at, p.value as last, round(date_part('epoch', p.ts) * 1000) as last_at, 0::float8 as increase, 0::float8 as elapsed
  from "samples" p
  where p.ts >= «2026-11-20T05:00:00.000Z»::timestamptz and p.ts < «2026-11-20T06:00:00.000Z»::timestamptz and p.series_id = any(«{1,3}»::int4[])
)
select grp, round(date_part('epoch', t) * 1000), "avg"
from (
  select 0 as grp, date_bin('60000 milliseconds', ts, '1970-01-01T00:00:00.000Z') as t, sum(sum) / (sum(n)) as avg
  from parts
  group by 1, 2
) points
where grp >= 0
order by grp, t
limit «2000001»;

-- groups of series
with parts as (
  select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
  from "rollup_minute" p
  where p.ts >= «2026-11-20T00:00:00.000Z»::timestamptz and p.ts < «2026-11-20T05:00:00.000Z»::timestamptz and p.metric_id = «1»
  union all
  select p.series_id, p.ts, 1 as n, summable(p.value) as sum, p.value as min, p.value as max, p.value as first, round(date_part('epoch', p.ts) * 1000) as first_at, p.value as last, round(date_part('epoch', p.ts) * 1000) as last_at, 0::float8 as increase, 0::float8 as elapsed
  from "samples" p
  where p.ts >= «2026-11-20T05:00:00.000Z»::timestamptz and p.ts < «2026-11-20T06:00:00.000Z»::timestamptz and p.series_id = any(«{1,2,3,4}»::int4[])
)
select grp, round(date_part('epoch', t) * 1000), "avg"
from (
  select («{0,0,1,1}»::int4[])[series_id - «1»::int4 + 1] as grp, date_bin('60000 milliseconds', ts, '1970-01-01T00:00:00.000Z') as t, sum(sum) / (sum(n)) as avg
  from parts
  group by 1, 2
) points
where grp >= 0
order by grp, t
limit «2000001»;

-- a point for each series, as the top ones are found
with parts as (
  select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
  from "rollup_hour" p
  where p.ts >= «2026-11-20T00:00:00.000Z»::timestamptz and p.ts < «2026-11-20T05:00:00.000Z»::timestamptz and p.metric_id = «1»
  union all
  select p.series_id, p.ts, 1 as n, summable(p.value) as sum, p.value as min, p.value as max, p.value as first, round(date_part('epoch', p.ts) * 1000) as first_at, p.value as last, round(date_part('epoch', p.ts) * 1000) as last_at, 0::float8 as increase, 0::float8 as elapsed
  from "samples" p
  where p.ts >= «2026-11-20T05:00:00.000Z»::timestamptz and p.ts < «2026-11-20T06:00:00.000Z»::timestamptz and p.series_id = any(«{1,2,3,4}»::int4[])
)
select grp, round(date_part('epoch', t) * 1000), "avg"
from (
  select («{0,1,2,3}»::int4[])[series_id - «1»::int4 + 1] as grp, date_bin('21600000 milliseconds', ts, '1970-01-01T00:00:00.000Z') as t, sum(sum) / (sum(n)) as avg
  from parts
  group by 1, 2
) points
where grp >= 0
order by grp, t
limit «2000001»;

-- a counter, by the minute
with parts as (
  select series_id, ts, n, sum, min, max, last_at, last , increase + case when first_at - prev_at <= 1209600000 then counted(first, prev) else 0 end as increase, elapsed + case when first_at - prev_at <= 1209600000 then first_at - prev_at else 0 end as elapsed
  from (
    select *, lag(last, 1, (case when ts >= «2026-11-20T00:00:00.000Z»::timestamptz then (
      select array[last, last_at]
      from (
        (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "rollup_day" p
            where p.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T00:00:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "rollup_hour" p
            where p.ts >= «2026-11-19T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:00:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "rollup_minute" p
            where p.ts >= «2026-11-19T23:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:55:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id
          ) part
          order by ts desc
          limit 1
        )
      ) newest
      order by last_at desc
      limit 1
    ) end)[1]) over w as prev, lag(last_at, 1, (case when ts >= «2026-11-20T00:00:00.000Z»::timestamptz then (
      select array[last, last_at]
      from (
        (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "rollup_day" p
            where p.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T00:00:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "rollup_hour" p
            where p.ts >= «2026-11-19T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:00:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "rollup_minute" p
            where p.ts >= «2026-11-19T23:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:55:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id
          ) part
          order by ts desc
          limit 1
        )
      ) newest
      order by last_at desc
      limit 1
    ) end)[2]) over w as prev_at
    from (
      select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
      from "rollup_minute" p
      where p.ts >= «2026-11-19T23:55:00.000Z»::timestamptz and p.ts < «2026-11-20T05:00:00.000Z»::timestamptz and p.metric_id = «1»
      union all
      select p.series_id, p.ts, 1 as n, summable(p.value) as sum, p.value as min, p.value as max, p.value as first, round(date_part('epoch', p.ts) * 1000) as first_at, p.value as last, round(date_part('epoch', p.ts) * 1000) as last_at, 0::float8 as increase, 0::float8 as elapsed
      from "samples" p
      where p.ts >= «2026-11-20T05:00:00.000Z»::timestamptz and p.ts < «2026-11-20T06:00:00.000Z»::timestamptz and p.series_id = any(«{1,2,3,4}»::int4[])
    ) apart
    window w as (partition by series_id order by ts)
  ) neighbours
  where ts >= «2026-11-20T00:00:00.000Z»::timestamptz
)
select grp, round(date_part('epoch', t) * 1000), "rate","increase"
from (
  select 0 as grp, t as t, sum(increase / (elapsed / 1000)) filter (where elapsed > 0) as rate, case when sum(elapsed) > 0 then sum(increase) end as increase
  from (
    select series_id, date_bin('60000 milliseconds', ts, '1970-01-01T00:00:00.000Z') as t, sum(n) as n, sum(sum) as sum, min(min) as min, max(max) as max, max(last_at) as last_at, (max(array[last_at, last]))[2] as last, sum(increase) as increase, sum(elapsed) as elapsed
    from parts
    group by 1, 2
  ) series
  group by 1, 2
) points
where grp >= 0
order by grp, t
limit «2000001»;

-- a counter, by the day
with parts as (
  select series_id, ts, n, sum, min, max, last_at, last , increase + case when first_at - prev_at <= 1209600000 then counted(first, prev) else 0 end as increase, elapsed + case when first_at - prev_at <= 1209600000 then first_at - prev_at else 0 end as elapsed
  from (
    select *, lag(last, 1, (case when ts >= «2026-10-21T00:00:00.000Z»::timestamptz then (
      select array[last, last_at]
      from (
        (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "rollup_day" p
            where p.ts >= «2026-10-06T00:00:00.000Z»::timestamptz and p.ts < «2026-10-20T00:00:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id
          ) part
          order by ts desc
          limit 1
        )
      ) newest
      order by last_at desc
      limit 1
    ) end)[1]) over w as prev, lag(last_at, 1, (case when ts >= «2026-10-21T00:00:00.000Z»::timestamptz then (
      select array[last, last_at]
      from (
        (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "rollup_day" p
            where p.ts >= «2026-10-06T00:00:00.000Z»::timestamptz and p.ts < «2026-10-20T00:00:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id
          ) part
          order by ts desc
          limit 1
        )
      ) newest
      order by last_at desc
      limit 1
    ) end)[2]) over w as prev_at
    from (
      select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
      from "rollup_day" p
      where p.ts >= «2026-10-20T00:00:00.000Z»::timestamptz and p.ts < «2026-11-20T00:00:00.000Z»::timestamptz and p.metric_id = «1»
    ) apart
    window w as (partition by series_id order by ts)
  ) neighbours
  where ts >= «2026-10-21T00:00:00.000Z»::timestamptz
)
select grp, round(date_part('epoch', t) * 1000), "rate"
from (
  select 0 as grp, t as t, sum(increase / (elapsed / 1000)) filter (where elapsed > 0) as rate
  from (
    select series_id, date_bin('86400000 milliseconds', ts, '1970-01-01T00:00:00.000Z') as t, sum(n) as n, sum(sum) as sum, min(min) as min, max(max) as max, max(last_at) as last_at, (max(array[last_at, last]))[2] as last, sum(increase) as increase, sum(elapsed) as elapsed
    from parts
    group by 1, 2
  ) series
  group by 1, 2
) points
where grp >= 0
order by grp, t
limit «2000001»;

-- differences of a gauge
with parts as (
  select series_id, ts, n, sum, min, max, last_at, last , increase + case when first_at - prev_at <= 1209600000 then counted(first, prev) else 0 end as increase, elapsed + case when first_at - prev_at <= 1209600000 then first_at - prev_at else 0 end as elapsed , summable(last) - summable(first) + case when first_at - prev_at <= 1209600000 then summable(first) - summable(prev) else 0 end as delta
  from (
    select *, lag(last, 1, (case when ts >= «2026-11-20T00:00:00.000Z»::timestamptz then (
      select array[last, last_at]
      from (
        (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "rollup_day" p
            where p.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T00:00:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "rollup_hour" p
            where p.ts >= «2026-11-19T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:00:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "rollup_minute" p
            where p.ts >= «2026-11-19T23:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:55:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id
          ) part
          order by ts desc
          limit 1
        )
      ) newest
      order by last_at desc
      limit 1
    ) end)[1]) over w as prev, lag(last_at, 1, (case when ts >= «2026-11-20T00:00:00.000Z»::timestamptz then (
      select array[last, last_at]
      from (
        (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "rollup_day" p
            where p.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T00:00:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "rollup_hour" p
            where p.ts >= «2026-11-19T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:00:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "rollup_minute" p
            where p.ts >= «2026-11-19T23:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:55:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id
          ) part
          order by ts desc
          limit 1
        )
      ) newest
      order by last_at desc
      limit 1
    ) end)[2]) over w as prev_at
    from (
      select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
      from "rollup_minute" p
      where p.ts >= «2026-11-19T23:55:00.000Z»::timestamptz and p.ts < «2026-11-20T05:00:00.000Z»::timestamptz and p.metric_id = «1»
      union all
      select p.series_id, p.ts, 1 as n, summable(p.value) as sum, p.value as min, p.value as max, p.value as first, round(date_part('epoch', p.ts) * 1000) as first_at, p.value as last, round(date_part('epoch', p.ts) * 1000) as last_at, 0::float8 as increase, 0::float8 as elapsed
      from "samples" p
      where p.ts >= «2026-11-20T05:00:00.000Z»::timestamptz and p.ts < «2026-11-20T06:00:00.000Z»::timestamptz and p.series_id = any(«{1,2,3,4}»::int4[])
    ) apart
    window w as (partition by series_id order by ts)
  ) neighbours
  where ts >= «2026-11-20T00:00:00.000Z»::timestamptz
)
select grp, round(date_part('epoch', t) * 1000), "delta"
from (
  select 0 as grp, date_bin('60000 milliseconds', ts, '1970-01-01T00:00:00.000Z') as t, case when sum(elapsed) > 0 then sum(delta) end as delta
  from parts
  group by 1, 2
) points
where grp >= 0
order by grp, t
limit «2000001»;

-- percentiles, from samples
with parts as (
  select p.series_id, p.ts, 1 as n, summable(p.value) as sum, p.value as min, p.value as max, p.value as first, round(date_part('epoch', p.ts) * 1000) as first_at, p.value as last, round(date_part('epoch', p.ts) * 1000) as last_at, 0::float8 as increase, 0::float8 as elapsed
  from "samples" p
  where p.ts >= «2026-11-20T00:00:00.000Z»::timestamptz and p.ts < «2026-11-20T06:00:00.000Z»::timestamptz and p.series_id = any(«{1,2,3,4}»::int4[])
)
select grp, round(date_part('epoch', t) * 1000), "p95","stddev"
from (
  select grp, at as t, percentile_cont(0.95) within group (order by last) as p95, case when max(abs(last)) > 1e130 then least(stddev_pop(case when abs(last) > 1e-50 then last * 2.409919865102884e-181 else 0 end - case when abs(least_last) > 1e-50 then least_last * 2.409919865102884e-181 else 0 end) filter (where last is not null), 4.3322963970637727e+127) * 4.149515568880993e+180 when max(abs(last)) < 1e-130 then case when stddev_pop(case when abs(last) < 1e-100 then last * 4.149515568880993e+180 else 0 end - case when abs(least_last) < 1e-100 then least_last * 4.149515568880993e+180 else 0 end) filter (where last is not null) <= 1.0250665447337477e-143 then 0 else stddev_pop(case when abs(last) < 1e-100 then last * 4.149515568880993e+180 else 0 end - case when abs(least_last) < 1e-100 then least_last * 4.149515568880993e+180 else 0 end) filter (where last is not null) * 2.409919865102884e-181 end else stddev_pop(case when abs(last) between 1e-150 and 1e140 then last else 0 end - case when abs(least_last) between 1e-150 and 1e140 then least_last else 0 end) filter (where last is not null) end as stddev
  from (
    select *, min(last) over same as least_last
    from (
      select *, 0 as grp, date_bin('3600000 milliseconds', ts, '1970-01-01T00:00:00.000Z') as at
      from parts
    ) placed
    window same as (partition by grp, at)
  ) spread
  group by 1, 2
) points
where grp >= 0
order by grp, t
limit «2000001»;

-- percentiles beside what rollups know
with parts as (
  select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
  from "rollup_hour" p
  where p.ts >= «2026-11-20T00:00:00.000Z»::timestamptz and p.ts < «2026-11-20T05:00:00.000Z»::timestamptz and p.metric_id = «1»
  union all
  select p.series_id, p.ts, 1 as n, summable(p.value) as sum, p.value as min, p.value as max, p.value as first, round(date_part('epoch', p.ts) * 1000) as first_at, p.value as last, round(date_part('epoch', p.ts) * 1000) as last_at, 0::float8 as increase, 0::float8 as elapsed
  from "samples" p
  where p.ts >= «2026-11-20T05:00:00.000Z»::timestamptz and p.ts < «2026-11-20T06:00:00.000Z»::timestamptz and p.series_id = any(«{1,2,3,4}»::int4[])
), samples_apart as (
  select p.series_id, p.ts, 1 as n, summable(p.value) as sum, p.value as min, p.value as max, p.value as first, round(date_part('epoch', p.ts) * 1000) as first_at, p.value as last, round(date_part('epoch', p.ts) * 1000) as last_at, 0::float8 as increase, 0::float8 as elapsed
  from "samples" p
  where p.ts >= «2026-11-20T00:00:00.000Z»::timestamptz and p.ts < «2026-11-20T06:00:00.000Z»::timestamptz and p.series_id = any(«{1,2,3,4}»::int4[])
)
select grp, round(date_part('epoch', t) * 1000), "avg","p95"
from (
  select *
  from (
    select 0 as grp, date_bin('3600000 milliseconds', ts, '1970-01-01T00:00:00.000Z') as t, sum(sum) / (sum(n)) as avg
    from parts
    group by 1, 2
  ) answer_0
  full join (
    select 0 as grp, date_bin('3600000 milliseconds', ts, '1970-01-01T00:00:00.000Z') as t, percentile_cont(0.95) within group (order by last) as p95
    from samples_apart
    group by 1, 2
  ) answer_1 using (grp, t)
) points
where grp >= 0
order by grp, t
limit «2000001»;

-- two stages: over the values of series
with parts as (
  select series_id, ts, n, sum, min, max, last_at, last , increase + case when first_at - prev_at <= 1209600000 then counted(first, prev) else 0 end as increase, elapsed + case when first_at - prev_at <= 1209600000 then first_at - prev_at else 0 end as elapsed
  from (
    select *, lag(last, 1, (case when ts >= «2026-11-20T00:00:00.000Z»::timestamptz then (
      select array[last, last_at]
      from (
        (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "rollup_day" p
            where p.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T00:00:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "rollup_hour" p
            where p.ts >= «2026-11-19T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:00:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "rollup_minute" p
            where p.ts >= «2026-11-19T23:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:55:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id
          ) part
          order by ts desc
          limit 1
        )
      ) newest
      order by last_at desc
      limit 1
    ) end)[1]) over w as prev, lag(last_at, 1, (case when ts >= «2026-11-20T00:00:00.000Z»::timestamptz then (
      select array[last, last_at]
      from (
        (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "rollup_day" p
            where p.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T00:00:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "rollup_hour" p
            where p.ts >= «2026-11-19T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:00:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "rollup_minute" p
            where p.ts >= «2026-11-19T23:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:55:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id
          ) part
          order by ts desc
          limit 1
        )
      ) newest
      order by last_at desc
      limit 1
    ) end)[2]) over w as prev_at
    from (
      select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
      from "rollup_minute" p
      where p.ts >= «2026-11-19T23:55:00.000Z»::timestamptz and p.ts < «2026-11-20T05:00:00.000Z»::timestamptz and p.metric_id = «1»
      union all
      select p.series_id, p.ts, 1 as n, summable(p.value) as sum, p.value as min, p.value as max, p.value as first, round(date_part('epoch', p.ts) * 1000) as first_at, p.value as last, round(date_part('epoch', p.ts) * 1000) as last_at, 0::float8 as increase, 0::float8 as elapsed
      from "samples" p
      where p.ts >= «2026-11-20T05:00:00.000Z»::timestamptz and p.ts < «2026-11-20T06:00:00.000Z»::timestamptz and p.series_id = any(«{1,2,3,4}»::int4[])
    ) apart
    window w as (partition by series_id order by ts)
  ) neighbours
  where ts >= «2026-11-20T00:00:00.000Z»::timestamptz
)
select grp, round(date_part('epoch', t) * 1000), "value_0","value_1"
from (
  select 0 as grp, t as t, max(inner_0) as value_0, percentile_cont(0.9) within group (order by inner_1) as value_1
  from (
    select *, sum / (n) as inner_0, case when elapsed > 0 then increase / (elapsed / 1000) end as inner_1
    from (
      select series_id, date_bin('60000 milliseconds', ts, '1970-01-01T00:00:00.000Z') as t, sum(n) as n, sum(sum) as sum, min(min) as min, max(max) as max, max(last_at) as last_at, (max(array[last_at, last]))[2] as last, sum(increase) as increase, sum(elapsed) as elapsed
      from parts
      group by 1, 2
    ) series
  ) series
  group by 1, 2
) points
where grp >= 0
order by grp, t
limit «2000001»;

-- two stages, the first over samples
with parts as (
  select p.series_id, p.ts, 1 as n, summable(p.value) as sum, p.value as min, p.value as max, p.value as first, round(date_part('epoch', p.ts) * 1000) as first_at, p.value as last, round(date_part('epoch', p.ts) * 1000) as last_at, 0::float8 as increase, 0::float8 as elapsed
  from "samples" p
  where p.ts >= «2026-11-20T00:00:00.000Z»::timestamptz and p.ts < «2026-11-20T06:00:00.000Z»::timestamptz and p.series_id = any(«{1,2,3,4}»::int4[])
)
select grp, round(date_part('epoch', t) * 1000), "value_0"
from (
  select 0 as grp, t as t, sum(inner_0) / (count(inner_0)) as value_0
  from (
    select series_id, date_bin('3600000 milliseconds', ts, '1970-01-01T00:00:00.000Z') as t, percentile_cont(0.95) within group (order by last) as inner_0
    from parts
    group by 1, 2
  ) series
  group by 1, 2
) points
where grp >= 0
order by grp, t
limit «2000001»;

-- minutes, some of which a late sample has changed
with late as materialized (
  select distinct tier, series_id, ts
  from rollup_stale
  where tier = any(«{minute}»::text[]) and ts >= «2026-11-20T00:00:00.000Z»::timestamptz and ts < «2026-11-20T06:00:00.000Z»::timestamptz and series_id in (
    select id
    from series
    where metric_id = «1»
  )
), changed as materialized (
  select *
  from late
), "stale_minute" as materialized (
  select distinct series_id, date_bin('60000 milliseconds', ts, '1970-01-01T00:00:00.000Z') as ts
  from changed
  where tier = any(«{minute}»::text[]) and ts >= «2026-11-20T00:00:00.000Z»::timestamptz and ts < «2026-11-20T05:00:00.000Z»::timestamptz
), parts as (
  select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
  from "rollup_minute" p
  where p.ts >= «2026-11-20T00:00:00.000Z»::timestamptz and p.ts < «2026-11-20T05:00:00.000Z»::timestamptz and p.metric_id = «1» and not exists (
    select
    from "stale_minute" x
    where x.series_id = p.series_id and x.ts = p.ts
  )
  union all
  select p.series_id, p.ts, 1 as n, summable(p.value) as sum, p.value as min, p.value as max, p.value as first, round(date_part('epoch', p.ts) * 1000) as first_at, p.value as last, round(date_part('epoch', p.ts) * 1000) as last_at, 0::float8 as increase, 0::float8 as elapsed
  from "samples" p
  where p.ts >= «2026-11-20T05:00:00.000Z»::timestamptz and p.ts < «2026-11-20T06:00:00.000Z»::timestamptz and p.series_id = any(«{1,2,3,4}»::int4[])
  union all
  select p.series_id, p.ts, 1 as n, summable(p.value) as sum, p.value as min, p.value as max, p.value as first, round(date_part('epoch', p.ts) * 1000) as first_at, p.value as last, round(date_part('epoch', p.ts) * 1000) as last_at, 0::float8 as increase, 0::float8 as elapsed
  from "stale_minute" c
  cross join lateral (
    select *
    from "samples" p
    where p.series_id = c.series_id and p.ts >= c.ts and p.ts < c.ts + interval '60000 milliseconds' and p.ts >= «2026-11-20T00:00:00.000Z»::timestamptz and p.ts < «2026-11-20T05:00:00.000Z»::timestamptz
  ) p
  where p.ts >= c.ts and c.ts >= «2026-11-20T00:00:00.000Z»::timestamptz and c.ts < «2026-11-20T05:00:00.000Z»::timestamptz
)
select grp, round(date_part('epoch', t) * 1000), "avg","min","max","count"
from (
  select 0 as grp, date_bin('60000 milliseconds', ts, '1970-01-01T00:00:00.000Z') as t, sum(sum) / (sum(n)) as avg, min(min) as min, max(max) as max, sum(n)::float8 as count
  from parts
  group by 1, 2
) points
where grp >= 0
order by grp, t
limit «2000001»;

-- a counter that a late sample has changed
with late as materialized (
  select distinct tier, series_id, ts
  from rollup_stale
  where tier = any(«{minute,hour,day}»::text[]) and ts >= «2026-11-06T00:00:00.000Z»::timestamptz and ts < «2026-11-20T06:00:00.000Z»::timestamptz and series_id in (
    select id
    from series
    where metric_id = «1»
  )
), changed as materialized (
  select *
  from late
), "stale_minute" as materialized (
  select distinct series_id, date_bin('60000 milliseconds', ts, '1970-01-01T00:00:00.000Z') as ts
  from changed
  where tier = any(«{minute}»::text[]) and ts >= «2026-11-06T00:00:00.000Z»::timestamptz and ts < «2026-11-20T05:00:00.000Z»::timestamptz
), "stale_hour" as materialized (
  select distinct series_id, date_bin('3600000 milliseconds', ts, '1970-01-01T00:00:00.000Z') as ts
  from changed
  where tier = any(«{minute,hour}»::text[]) and ts >= «2026-11-06T00:00:00.000Z»::timestamptz and ts < «2026-11-20T05:00:00.000Z»::timestamptz
), "stale_day" as materialized (
  select distinct series_id, date_bin('86400000 milliseconds', ts, '1970-01-01T00:00:00.000Z') as ts
  from changed
  where tier = any(«{minute,hour,day}»::text[]) and ts >= «2026-11-06T00:00:00.000Z»::timestamptz and ts < «2026-11-20T00:00:00.000Z»::timestamptz
), parts as (
  select series_id, ts, n, sum, min, max, last_at, last , increase + case when first_at - prev_at <= 1209600000 then counted(first, prev) else 0 end as increase, elapsed + case when first_at - prev_at <= 1209600000 then first_at - prev_at else 0 end as elapsed
  from (
    select *, lag(last, 1, (case when ts >= «2026-11-20T00:00:00.000Z»::timestamptz then (
      select array[last, last_at]
      from (
        (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "rollup_day" p
            where p.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T00:00:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id and not exists (
              select
              from "stale_day" x
              where x.series_id = p.series_id and x.ts = p.ts
            )
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "rollup_hour" p
            where p.ts >= «2026-11-19T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:00:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id and not exists (
              select
              from "stale_hour" x
              where x.series_id = p.series_id and x.ts = p.ts
            )
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "stale_day" c
            cross join lateral (
              select *
              from "rollup_hour" p
              where p.series_id = c.series_id and p.ts >= c.ts and p.ts < c.ts + interval '86400000 milliseconds' and p.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T00:00:00.000Z»::timestamptz
            ) p
            where p.ts >= c.ts and c.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and c.ts < «2026-11-19T00:00:00.000Z»::timestamptz and c.series_id = apart.series_id and not exists (
              select
              from "stale_hour" x
              where x.series_id = p.series_id and x.ts = p.ts
            )
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "rollup_minute" p
            where p.ts >= «2026-11-19T23:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:55:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id and not exists (
              select
              from "stale_minute" x
              where x.series_id = p.series_id and x.ts = p.ts
            )
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "stale_hour" c
            cross join lateral (
              select *
              from "rollup_minute" p
              where p.series_id = c.series_id and p.ts >= c.ts and p.ts < c.ts + interval '3600000 milliseconds' and p.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:00:00.000Z»::timestamptz
            ) p
            where p.ts >= c.ts and c.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and c.ts < «2026-11-19T23:00:00.000Z»::timestamptz and c.series_id = apart.series_id and not exists (
              select
              from "stale_minute" x
              where x.series_id = p.series_id and x.ts = p.ts
            )
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, 1 as n, summable(p.value) as sum, p.value as min, p.value as max, p.value as first, round(date_part('epoch', p.ts) * 1000) as first_at, p.value as last, round(date_part('epoch', p.ts) * 1000) as last_at, 0::float8 as increase, 0::float8 as elapsed
            from "stale_minute" c
            cross join lateral (
              select *
              from "samples" p
              where p.series_id = c.series_id and p.ts >= c.ts and p.ts < c.ts + interval '60000 milliseconds' and p.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:55:00.000Z»::timestamptz
            ) p
            where p.ts >= c.ts and c.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and c.ts < «2026-11-19T23:55:00.000Z»::timestamptz and c.series_id = apart.series_id
          ) part
          order by ts desc
          limit 1
        )
      ) newest
      order by last_at desc
      limit 1
    ) end)[1]) over w as prev, lag(last_at, 1, (case when ts >= «2026-11-20T00:00:00.000Z»::timestamptz then (
      select array[last, last_at]
      from (
        (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "rollup_day" p
            where p.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T00:00:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id and not exists (
              select
              from "stale_day" x
              where x.series_id = p.series_id and x.ts = p.ts
            )
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "rollup_hour" p
            where p.ts >= «2026-11-19T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:00:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id and not exists (
              select
              from "stale_hour" x
              where x.series_id = p.series_id and x.ts = p.ts
            )
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "stale_day" c
            cross join lateral (
              select *
              from "rollup_hour" p
              where p.series_id = c.series_id and p.ts >= c.ts and p.ts < c.ts + interval '86400000 milliseconds' and p.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T00:00:00.000Z»::timestamptz
            ) p
            where p.ts >= c.ts and c.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and c.ts < «2026-11-19T00:00:00.000Z»::timestamptz and c.series_id = apart.series_id and not exists (
              select
              from "stale_hour" x
              where x.series_id = p.series_id and x.ts = p.ts
            )
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "rollup_minute" p
            where p.ts >= «2026-11-19T23:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:55:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id and not exists (
              select
              from "stale_minute" x
              where x.series_id = p.series_id and x.ts = p.ts
            )
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
            from "stale_hour" c
            cross join lateral (
              select *
              from "rollup_minute" p
              where p.series_id = c.series_id and p.ts >= c.ts and p.ts < c.ts + interval '3600000 milliseconds' and p.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:00:00.000Z»::timestamptz
            ) p
            where p.ts >= c.ts and c.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and c.ts < «2026-11-19T23:00:00.000Z»::timestamptz and c.series_id = apart.series_id and not exists (
              select
              from "stale_minute" x
              where x.series_id = p.series_id and x.ts = p.ts
            )
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, 1 as n, summable(p.value) as sum, p.value as min, p.value as max, p.value as first, round(date_part('epoch', p.ts) * 1000) as first_at, p.value as last, round(date_part('epoch', p.ts) * 1000) as last_at, 0::float8 as increase, 0::float8 as elapsed
            from "stale_minute" c
            cross join lateral (
              select *
              from "samples" p
              where p.series_id = c.series_id and p.ts >= c.ts and p.ts < c.ts + interval '60000 milliseconds' and p.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:55:00.000Z»::timestamptz
            ) p
            where p.ts >= c.ts and c.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and c.ts < «2026-11-19T23:55:00.000Z»::timestamptz and c.series_id = apart.series_id
          ) part
          order by ts desc
          limit 1
        )
      ) newest
      order by last_at desc
      limit 1
    ) end)[2]) over w as prev_at
    from (
      select p.series_id, p.ts, p.count as n, p.sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, p.increase, p.elapsed_ms::float8 as elapsed
      from "rollup_minute" p
      where p.ts >= «2026-11-19T23:55:00.000Z»::timestamptz and p.ts < «2026-11-20T05:00:00.000Z»::timestamptz and p.metric_id = «1» and not exists (
        select
        from "stale_minute" x
        where x.series_id = p.series_id and x.ts = p.ts
      )
      union all
      select p.series_id, p.ts, 1 as n, summable(p.value) as sum, p.value as min, p.value as max, p.value as first, round(date_part('epoch', p.ts) * 1000) as first_at, p.value as last, round(date_part('epoch', p.ts) * 1000) as last_at, 0::float8 as increase, 0::float8 as elapsed
      from "samples" p
      where p.ts >= «2026-11-20T05:00:00.000Z»::timestamptz and p.ts < «2026-11-20T06:00:00.000Z»::timestamptz and p.series_id = any(«{1,2,3,4}»::int4[])
      union all
      select p.series_id, p.ts, 1 as n, summable(p.value) as sum, p.value as min, p.value as max, p.value as first, round(date_part('epoch', p.ts) * 1000) as first_at, p.value as last, round(date_part('epoch', p.ts) * 1000) as last_at, 0::float8 as increase, 0::float8 as elapsed
      from "stale_minute" c
      cross join lateral (
        select *
        from "samples" p
        where p.series_id = c.series_id and p.ts >= c.ts and p.ts < c.ts + interval '60000 milliseconds' and p.ts >= «2026-11-19T23:55:00.000Z»::timestamptz and p.ts < «2026-11-20T05:00:00.000Z»::timestamptz
      ) p
      where p.ts >= c.ts and c.ts >= «2026-11-19T23:55:00.000Z»::timestamptz and c.ts < «2026-11-20T05:00:00.000Z»::timestamptz
    ) apart
    window w as (partition by series_id order by ts)
  ) neighbours
  where ts >= «2026-11-20T00:00:00.000Z»::timestamptz
)
select grp, round(date_part('epoch', t) * 1000), "rate","increase"
from (
  select 0 as grp, t as t, sum(increase / (elapsed / 1000)) filter (where elapsed > 0) as rate, case when sum(elapsed) > 0 then sum(increase) end as increase
  from (
    select series_id, date_bin('60000 milliseconds', ts, '1970-01-01T00:00:00.000Z') as t, sum(n) as n, sum(sum) as sum, min(min) as min, max(max) as max, max(last_at) as last_at, (max(array[last_at, last]))[2] as last, sum(increase) as increase, sum(elapsed) as elapsed
    from parts
    group by 1, 2
  ) series
  group by 1, 2
) points
where grp >= 0
order by grp, t
limit «2000001»;

-- a metric with huge values
with late as materialized (
  select distinct tier, series_id, ts
  from rollup_stale
  where tier = any(«{minute,hour,day}»::text[]) and ts >= «2026-11-06T00:00:00.000Z»::timestamptz and ts < «2026-11-20T06:00:00.000Z»::timestamptz and series_id in (
    select id
    from series
    where metric_id = «1»
  )
), changed as materialized (
  select *
  from late
), "stale_minute" as materialized (
  select distinct series_id, date_bin('60000 milliseconds', ts, '1970-01-01T00:00:00.000Z') as ts
  from changed
  where tier = any(«{minute}»::text[]) and ts >= «2026-11-06T00:00:00.000Z»::timestamptz and ts < «2026-11-20T05:00:00.000Z»::timestamptz
), "stale_hour" as materialized (
  select distinct series_id, date_bin('3600000 milliseconds', ts, '1970-01-01T00:00:00.000Z') as ts
  from changed
  where tier = any(«{minute,hour}»::text[]) and ts >= «2026-11-06T00:00:00.000Z»::timestamptz and ts < «2026-11-20T05:00:00.000Z»::timestamptz
), "stale_day" as materialized (
  select distinct series_id, date_bin('86400000 milliseconds', ts, '1970-01-01T00:00:00.000Z') as ts
  from changed
  where tier = any(«{minute,hour,day}»::text[]) and ts >= «2026-11-06T00:00:00.000Z»::timestamptz and ts < «2026-11-20T00:00:00.000Z»::timestamptz
), parts as (
  select series_id, ts, n, sum, min, max, last_at, last , huge_sum, increase + case when first_at - prev_at <= 1209600000 then tame_difference(first, counted_from(first, prev)) else 0 end as increase, huge_increase + case when first_at - prev_at <= 1209600000 then huge_difference(first, counted_from(first, prev)) else 0 end as huge_increase, elapsed + case when first_at - prev_at <= 1209600000 then first_at - prev_at else 0 end as elapsed
  from (
    select *, lag(last, 1, (case when ts >= «2026-11-20T00:00:00.000Z»::timestamptz then (
      select array[last, last_at]
      from (
        (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, case when p.kept_sum is null then tame(p.sum) else 0 end as sum, coalesce(p.kept_sum, huge(p.sum)) as huge_sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, case when p.kept_increase is null then tame(p.increase) else 0 end as increase, coalesce(p.kept_increase, huge(p.increase)) as huge_increase, p.elapsed_ms::float8 as elapsed
            from (
              select r.*, kept.sum as kept_sum, kept.increase as kept_increase
              from "rollup_day" r
              left join rollup_huge kept on kept.tier = «day»::text and kept.series_id = r.series_id and kept.ts = r.ts
            ) p
            where p.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T00:00:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id and not exists (
              select
              from "stale_day" x
              where x.series_id = p.series_id and x.ts = p.ts
            )
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, case when p.kept_sum is null then tame(p.sum) else 0 end as sum, coalesce(p.kept_sum, huge(p.sum)) as huge_sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, case when p.kept_increase is null then tame(p.increase) else 0 end as increase, coalesce(p.kept_increase, huge(p.increase)) as huge_increase, p.elapsed_ms::float8 as elapsed
            from (
              select r.*, kept.sum as kept_sum, kept.increase as kept_increase
              from "rollup_hour" r
              left join rollup_huge kept on kept.tier = «hour»::text and kept.series_id = r.series_id and kept.ts = r.ts
            ) p
            where p.ts >= «2026-11-19T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:00:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id and not exists (
              select
              from "stale_hour" x
              where x.series_id = p.series_id and x.ts = p.ts
            )
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, case when p.kept_sum is null then tame(p.sum) else 0 end as sum, coalesce(p.kept_sum, huge(p.sum)) as huge_sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, case when p.kept_increase is null then tame(p.increase) else 0 end as increase, coalesce(p.kept_increase, huge(p.increase)) as huge_increase, p.elapsed_ms::float8 as elapsed
            from "stale_day" c
            cross join lateral (
              select *
              from (
                select r.*, kept.sum as kept_sum, kept.increase as kept_increase
                from "rollup_hour" r
                left join rollup_huge kept on kept.tier = «hour»::text and kept.series_id = r.series_id and kept.ts = r.ts
              ) p
              where p.series_id = c.series_id and p.ts >= c.ts and p.ts < c.ts + interval '86400000 milliseconds' and p.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T00:00:00.000Z»::timestamptz
            ) p
            where p.ts >= c.ts and c.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and c.ts < «2026-11-19T00:00:00.000Z»::timestamptz and c.series_id = apart.series_id and not exists (
              select
              from "stale_hour" x
              where x.series_id = p.series_id and x.ts = p.ts
            )
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, case when p.kept_sum is null then tame(p.sum) else 0 end as sum, coalesce(p.kept_sum, huge(p.sum)) as huge_sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, case when p.kept_increase is null then tame(p.increase) else 0 end as increase, coalesce(p.kept_increase, huge(p.increase)) as huge_increase, p.elapsed_ms::float8 as elapsed
            from (
              select r.*, kept.sum as kept_sum, kept.increase as kept_increase
              from "rollup_minute" r
              left join rollup_huge kept on kept.tier = «minute»::text and kept.series_id = r.series_id and kept.ts = r.ts
            ) p
            where p.ts >= «2026-11-19T23:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:55:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id and not exists (
              select
              from "stale_minute" x
              where x.series_id = p.series_id and x.ts = p.ts
            )
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, case when p.kept_sum is null then tame(p.sum) else 0 end as sum, coalesce(p.kept_sum, huge(p.sum)) as huge_sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, case when p.kept_increase is null then tame(p.increase) else 0 end as increase, coalesce(p.kept_increase, huge(p.increase)) as huge_increase, p.elapsed_ms::float8 as elapsed
            from "stale_hour" c
            cross join lateral (
              select *
              from (
                select r.*, kept.sum as kept_sum, kept.increase as kept_increase
                from "rollup_minute" r
                left join rollup_huge kept on kept.tier = «minute»::text and kept.series_id = r.series_id and kept.ts = r.ts
              ) p
              where p.series_id = c.series_id and p.ts >= c.ts and p.ts < c.ts + interval '3600000 milliseconds' and p.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:00:00.000Z»::timestamptz
            ) p
            where p.ts >= c.ts and c.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and c.ts < «2026-11-19T23:00:00.000Z»::timestamptz and c.series_id = apart.series_id and not exists (
              select
              from "stale_minute" x
              where x.series_id = p.series_id and x.ts = p.ts
            )
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, 1 as n, tame(p.value) as sum, huge(p.value) as huge_sum, p.value as min, p.value as max, p.value as first, round(date_part('epoch', p.ts) * 1000) as first_at, p.value as last, round(date_part('epoch', p.ts) * 1000) as last_at, 0::float8 as increase, 0::float8 as huge_increase, 0::float8 as elapsed
            from "stale_minute" c
            cross join lateral (
              select *
              from "samples" p
              where p.series_id = c.series_id and p.ts >= c.ts and p.ts < c.ts + interval '60000 milliseconds' and p.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:55:00.000Z»::timestamptz
            ) p
            where p.ts >= c.ts and c.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and c.ts < «2026-11-19T23:55:00.000Z»::timestamptz and c.series_id = apart.series_id
          ) part
          order by ts desc
          limit 1
        )
      ) newest
      order by last_at desc
      limit 1
    ) end)[1]) over w as prev, lag(last_at, 1, (case when ts >= «2026-11-20T00:00:00.000Z»::timestamptz then (
      select array[last, last_at]
      from (
        (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, case when p.kept_sum is null then tame(p.sum) else 0 end as sum, coalesce(p.kept_sum, huge(p.sum)) as huge_sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, case when p.kept_increase is null then tame(p.increase) else 0 end as increase, coalesce(p.kept_increase, huge(p.increase)) as huge_increase, p.elapsed_ms::float8 as elapsed
            from (
              select r.*, kept.sum as kept_sum, kept.increase as kept_increase
              from "rollup_day" r
              left join rollup_huge kept on kept.tier = «day»::text and kept.series_id = r.series_id and kept.ts = r.ts
            ) p
            where p.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T00:00:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id and not exists (
              select
              from "stale_day" x
              where x.series_id = p.series_id and x.ts = p.ts
            )
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, case when p.kept_sum is null then tame(p.sum) else 0 end as sum, coalesce(p.kept_sum, huge(p.sum)) as huge_sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, case when p.kept_increase is null then tame(p.increase) else 0 end as increase, coalesce(p.kept_increase, huge(p.increase)) as huge_increase, p.elapsed_ms::float8 as elapsed
            from (
              select r.*, kept.sum as kept_sum, kept.increase as kept_increase
              from "rollup_hour" r
              left join rollup_huge kept on kept.tier = «hour»::text and kept.series_id = r.series_id and kept.ts = r.ts
            ) p
            where p.ts >= «2026-11-19T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:00:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id and not exists (
              select
              from "stale_hour" x
              where x.series_id = p.series_id and x.ts = p.ts
            )
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, case when p.kept_sum is null then tame(p.sum) else 0 end as sum, coalesce(p.kept_sum, huge(p.sum)) as huge_sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, case when p.kept_increase is null then tame(p.increase) else 0 end as increase, coalesce(p.kept_increase, huge(p.increase)) as huge_increase, p.elapsed_ms::float8 as elapsed
            from "stale_day" c
            cross join lateral (
              select *
              from (
                select r.*, kept.sum as kept_sum, kept.increase as kept_increase
                from "rollup_hour" r
                left join rollup_huge kept on kept.tier = «hour»::text and kept.series_id = r.series_id and kept.ts = r.ts
              ) p
              where p.series_id = c.series_id and p.ts >= c.ts and p.ts < c.ts + interval '86400000 milliseconds' and p.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T00:00:00.000Z»::timestamptz
            ) p
            where p.ts >= c.ts and c.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and c.ts < «2026-11-19T00:00:00.000Z»::timestamptz and c.series_id = apart.series_id and not exists (
              select
              from "stale_hour" x
              where x.series_id = p.series_id and x.ts = p.ts
            )
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, case when p.kept_sum is null then tame(p.sum) else 0 end as sum, coalesce(p.kept_sum, huge(p.sum)) as huge_sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, case when p.kept_increase is null then tame(p.increase) else 0 end as increase, coalesce(p.kept_increase, huge(p.increase)) as huge_increase, p.elapsed_ms::float8 as elapsed
            from (
              select r.*, kept.sum as kept_sum, kept.increase as kept_increase
              from "rollup_minute" r
              left join rollup_huge kept on kept.tier = «minute»::text and kept.series_id = r.series_id and kept.ts = r.ts
            ) p
            where p.ts >= «2026-11-19T23:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:55:00.000Z»::timestamptz and p.metric_id = «1» and p.series_id = apart.series_id and not exists (
              select
              from "stale_minute" x
              where x.series_id = p.series_id and x.ts = p.ts
            )
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, p.count as n, case when p.kept_sum is null then tame(p.sum) else 0 end as sum, coalesce(p.kept_sum, huge(p.sum)) as huge_sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, case when p.kept_increase is null then tame(p.increase) else 0 end as increase, coalesce(p.kept_increase, huge(p.increase)) as huge_increase, p.elapsed_ms::float8 as elapsed
            from "stale_hour" c
            cross join lateral (
              select *
              from (
                select r.*, kept.sum as kept_sum, kept.increase as kept_increase
                from "rollup_minute" r
                left join rollup_huge kept on kept.tier = «minute»::text and kept.series_id = r.series_id and kept.ts = r.ts
              ) p
              where p.series_id = c.series_id and p.ts >= c.ts and p.ts < c.ts + interval '3600000 milliseconds' and p.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:00:00.000Z»::timestamptz
            ) p
            where p.ts >= c.ts and c.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and c.ts < «2026-11-19T23:00:00.000Z»::timestamptz and c.series_id = apart.series_id and not exists (
              select
              from "stale_minute" x
              where x.series_id = p.series_id and x.ts = p.ts
            )
          ) part
          order by ts desc
          limit 1
        )
        union all (
          select last, last_at
          from (
            select p.series_id, p.ts, 1 as n, tame(p.value) as sum, huge(p.value) as huge_sum, p.value as min, p.value as max, p.value as first, round(date_part('epoch', p.ts) * 1000) as first_at, p.value as last, round(date_part('epoch', p.ts) * 1000) as last_at, 0::float8 as increase, 0::float8 as huge_increase, 0::float8 as elapsed
            from "stale_minute" c
            cross join lateral (
              select *
              from "samples" p
              where p.series_id = c.series_id and p.ts >= c.ts and p.ts < c.ts + interval '60000 milliseconds' and p.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and p.ts < «2026-11-19T23:55:00.000Z»::timestamptz
            ) p
            where p.ts >= c.ts and c.ts >= «2026-11-05T00:00:00.000Z»::timestamptz and c.ts < «2026-11-19T23:55:00.000Z»::timestamptz and c.series_id = apart.series_id
          ) part
          order by ts desc
          limit 1
        )
      ) newest
      order by last_at desc
      limit 1
    ) end)[2]) over w as prev_at
    from (
      select p.series_id, p.ts, p.count as n, case when p.kept_sum is null then tame(p.sum) else 0 end as sum, coalesce(p.kept_sum, huge(p.sum)) as huge_sum, p.min, p.max, p.first, round(date_part('epoch', p.ts) * 1000) + p.first_ms as first_at, p.last, round(date_part('epoch', p.ts) * 1000) + p.last_ms as last_at, case when p.kept_increase is null then tame(p.increase) else 0 end as increase, coalesce(p.kept_increase, huge(p.increase)) as huge_increase, p.elapsed_ms::float8 as elapsed
      from (
        select r.*, kept.sum as kept_sum, kept.increase as kept_increase
        from "rollup_minute" r
        left join rollup_huge kept on kept.tier = «minute»::text and kept.series_id = r.series_id and kept.ts = r.ts
      ) p
      where p.ts >= «2026-11-19T23:55:00.000Z»::timestamptz and p.ts < «2026-11-20T05:00:00.000Z»::timestamptz and p.metric_id = «1» and not exists (
        select
        from "stale_minute" x
        where x.series_id = p.series_id and x.ts = p.ts
      )
      union all
      select p.series_id, p.ts, 1 as n, tame(p.value) as sum, huge(p.value) as huge_sum, p.value as min, p.value as max, p.value as first, round(date_part('epoch', p.ts) * 1000) as first_at, p.value as last, round(date_part('epoch', p.ts) * 1000) as last_at, 0::float8 as increase, 0::float8 as huge_increase, 0::float8 as elapsed
      from "samples" p
      where p.ts >= «2026-11-20T05:00:00.000Z»::timestamptz and p.ts < «2026-11-20T06:00:00.000Z»::timestamptz and p.series_id = any(«{1,2,3,4}»::int4[])
      union all
      select p.series_id, p.ts, 1 as n, tame(p.value) as sum, huge(p.value) as huge_sum, p.value as min, p.value as max, p.value as first, round(date_part('epoch', p.ts) * 1000) as first_at, p.value as last, round(date_part('epoch', p.ts) * 1000) as last_at, 0::float8 as increase, 0::float8 as huge_increase, 0::float8 as elapsed
      from "stale_minute" c
      cross join lateral (
        select *
        from "samples" p
        where p.series_id = c.series_id and p.ts >= c.ts and p.ts < c.ts + interval '60000 milliseconds' and p.ts >= «2026-11-19T23:55:00.000Z»::timestamptz and p.ts < «2026-11-20T05:00:00.000Z»::timestamptz
      ) p
      where p.ts >= c.ts and c.ts >= «2026-11-19T23:55:00.000Z»::timestamptz and c.ts < «2026-11-20T05:00:00.000Z»::timestamptz
    ) apart
    window w as (partition by series_id order by ts)
  ) neighbours
  where ts >= «2026-11-20T00:00:00.000Z»::timestamptz
)
select grp, round(date_part('epoch', t) * 1000), "avg","increase"
from (
  select 0 as grp, date_bin('60000 milliseconds', ts, '1970-01-01T00:00:00.000Z') as t, united(ratio(sum(sum), sum(n)), ratio(sum(huge_sum), sum(n))) as avg, case when sum(elapsed) > 0 then united(sum(increase), sum(huge_increase)) end as increase
  from parts
  group by 1, 2
) points
where grp >= 0
order by grp, t
limit «2000001»;
