# SPDX-License-Identifier: MIT
# run.ps1 PROGRAM TAG -- the main job on a real Windows host with Docker's Windows engine: doctor, up, health, restart of what
# is unhealthy, logs, exec, ports, down. Ends with 1 at the first thing that is not so.
param([Parameter(Mandatory)][string] $Program, [Parameter(Mandatory)][string] $Tag)
$ErrorActionPreference = 'Continue'
$env:SMOKE_TAG = $Tag
$file = Join-Path $PSScriptRoot 'compose.yaml'
$program = (Resolve-Path $Program).Path

function Fail($what) {
	Write-Host "FAILED: $what"
	docker ps -a
	& $program -f $file logs --no-color
	& $program -f $file down -t 0
	exit 1
}
function Invoke-It {
	$script:out = (& $program -f $file @args 2>&1 | Out-String)
	Write-Host "> wincompose $args`n$out"
	if ($LASTEXITCODE -ne 0) { Fail "wincompose $args ended with $LASTEXITCODE" }
}
function Wait-Until($what, [scriptblock] $is) {
	foreach ($i in 1..120) {
		if (& $is) { return }
		Start-Sleep -Milliseconds 500
	}
	Fail "not within a minute: $what"
}
function Get-Field($name, $field) { docker inspect -f "{{$field}}" $name }

Invoke-It version
Invoke-It doctor
Invoke-It config --resolve-isolation
Invoke-It up -d --wait
if ((Get-Field smoke-web-1 .State.Health.Status) -ne 'healthy') { Fail 'web is not healthy after up --wait' }
if ((Get-Field smoke-web-1 .HostConfig.Isolation) -ne 'process') { Fail 'web is not isolated by process' }
Invoke-It ps
if ($out -notmatch '8080->80') { Fail 'ps does not show the port' }
Invoke-It logs --no-color web
if ($out -notmatch 'tick') { Fail 'logs show nothing' }
Invoke-It exec -T web cmd /c "echo from inside"
if ($out -notmatch 'from inside') { Fail 'exec says nothing' }

# A second up does nothing.
$id = Get-Field smoke-web-1 .Id
Invoke-It up -d
if ((Get-Field smoke-web-1 .Id) -ne $id) { Fail 'a second up made web anew' }

# What becomes unhealthy is restarted, and is healthy again: the command writes the file anew.
$started = Get-Field smoke-web-1 .State.StartedAt
Invoke-It exec -T web cmd /c "echo ill> C:\state"
Wait-Until 'web is restarted' { (Get-Field smoke-web-1 .State.StartedAt) -ne $started }
Wait-Until 'web is healthy again' { (Get-Field smoke-web-1 .State.Health.Status) -eq 'healthy' }

# Another project that wants the port is told who has it, before anything is made.
$other = Join-Path ([IO.Path]::GetTempPath()) 'other.yaml'
(Get-Content $file) -replace '^name: smoke', 'name: smoke-other' | Set-Content $other
$said = (& $program -f $other doctor 2>&1 | Out-String)
Write-Host $said
if ($LASTEXITCODE -ne 1 -or $said -notmatch '8080/tcp .* taken by container smoke-web-1') { Fail 'doctor does not tell who has the port' }

Invoke-It down
if (docker ps -aq --filter label=com.docker.compose.project=smoke) { Fail 'down left containers' }
Write-Host 'passed'
